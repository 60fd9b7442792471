import { expect, test } from 'vitest'
import { makeKeyedQueue } from './keyed-queue.ts'

test('calls of one name run one after the other, a failed one too; other names do not wait', async () => {
  const queue = makeKeyedQueue(10)
  const first = Promise.withResolvers<void>()
  const order: string[] = []
  const slow = queue.run('a', () => first.promise.then(() => order.push('a1')))
  const failing = queue.run('a', async () => {
    order.push('a2')
    throw new Error('no')
  })
  const last = queue.run('a', async () => order.push('a3'))
  await queue.run('b', async () => order.push('b'))
  expect(order).toEqual(['b'])
  first.resolve()
  await expect(failing).rejects.toThrow('no')
  await Promise.all([slow, last])
  expect(order).toEqual(['b', 'a1', 'a2', 'a3'])
})

test('too many of one name are sent away, until some are done', async () => {
  const queue = makeKeyedQueue(2)
  const gate = Promise.withResolvers<void>()
  const taken = [queue.run('a', () => gate.promise), queue.run('a', () => gate.promise)]
  expect(queue.run('a', () => gate.promise)).toBeNull()
  gate.resolve()
  for (const turn of taken) await turn
  await new Promise((done) => setImmediate(done))
  expect(queue.run('a', async () => 1)).not.toBeNull()
})
