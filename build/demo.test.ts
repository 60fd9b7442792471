import { expect, test } from 'vitest'
import type { ExistingSpace } from '#shared/domain/space-tree-diff.ts'
import { findKioskPaths } from './demo.ts'

let nextId = 1

function space(parentId: number | null, name: string, some: Partial<ExistingSpace> = {}): ExistingSpace {
  const facts = { kind: 'room' as const, location: null, details: {}, capacity: null }
  const hours = { weekly: null, closures: [] }
  return {
    ...facts,
    id: nextId++,
    parentId,
    name,
    hours,
    onKiosks: true,
    wasOnKiosks: true,
    createdById: null,
    ...some,
  }
}

test('[TRE-13] the kiosks of `npm start` stand at public places: at none that is hidden, nor below such a one', () => {
  const root = space(null, 'University', { kind: 'university' })
  const attic = space(root.id, 'Attic', { onKiosks: false, wasOnKiosks: false })
  const desk = space(attic.id, 'Desk')
  const library = space(root.id, 'Library')
  const room = space(library.id, 'Room')
  const seat = space(room.id, 'Seat', { onKiosks: false, wasOnKiosks: false })
  expect(findKioskPaths([root, attic, desk, library, room, seat])).toEqual({
    entrance: 'Library',
    door: 'Library/Room',
  })
  expect(findKioskPaths([root, attic, desk])).toBeNull()
})
