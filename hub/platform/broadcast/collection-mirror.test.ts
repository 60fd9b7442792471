import { expect, test } from 'vitest'
import type { SeenCollection, SeenRow } from './collection.ts'
import { CollectionMirror } from './collection-mirror.ts'

test('[SYN-32] of a row that is said to be gone twice before a frame, those hear who held it', () => {
  const seen = { name: 'desks', salt: 7, scope: 'line' } as SeenCollection
  const row = (clock: number, subject: number | null, body: object | null): SeenRow => ({
    id: 1,
    clock,
    subject,
    body,
  })
  const mirror = new CollectionMirror(seen, [row(3, 12, { isFree: true })])
  mirror.set(row(4, null, null))
  mirror.set(row(5, null, null))
  expect(mirror.takePending()).toEqual([row(5, 12, null)])
  mirror.set(row(6, null, null))
  expect(mirror.takePending()).toEqual([])
})
