import { expect, test } from 'vitest'
import { Undo } from './undo.ts'

test('who asks again while things are taken down waits for that, and for what was added since', async () => {
  const undo = new Undo()
  const done: string[] = []
  const gate = Promise.withResolvers<void>()
  undo.add('slow', async () => {
    await gate.promise
    done.push('slow')
  })
  const first = undo.all()
  await Promise.resolve()
  undo.add('late', async () => void done.push('late'))
  const second = undo.all().then(() => done.push('second'))
  gate.resolve()
  await Promise.all([first, second])
  expect(done).toEqual(['slow', 'late', 'second'])
})
