import { expect, test } from 'vitest'
import { CleanupStack } from './cleanup-stack.ts'

test('who asks again while things are taken down waits for that, and for what was added since', async () => {
  const cleanups = new CleanupStack()
  const done: string[] = []
  const gate = Promise.withResolvers<void>()
  cleanups.add('slow', async () => {
    await gate.promise
    done.push('slow')
  })
  const first = cleanups.all()
  await Promise.resolve()
  cleanups.add('late', async () => void done.push('late'))
  const second = cleanups.all().then(() => done.push('second'))
  gate.resolve()
  await Promise.all([first, second])
  expect(done).toEqual(['slow', 'late', 'second'])
})
