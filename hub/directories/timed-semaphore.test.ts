import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { makeTimedSemaphore } from './timed-semaphore.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

test('[DIR-6] who waited in vain takes no permit from those who come after, in one outage or the next', async () => {
  const semaphore = makeTimedSemaphore(1, 5_000)
  for (const outage of [1, 2]) {
    const silent = Promise.withResolvers<string>()
    const holder = semaphore.run(() => silent.promise)
    const late = semaphore.run(async () => 'late')
    await vi.advanceTimersByTimeAsync(5_001)
    expect([outage, await late]).toEqual([outage, null])
    silent.resolve('answered')
    expect([outage, await holder]).toEqual([outage, 'answered'])
    const [next, after] = [semaphore.run(async () => 'next'), semaphore.run(async () => 'after')]
    await vi.advanceTimersByTimeAsync(5_001)
    expect([outage, await next, await after]).toEqual([outage, 'next', 'after'])
  }
})

test('[DIR-6] a run that throws gives its permit back', async () => {
  const semaphore = makeTimedSemaphore(1, 5_000)
  for (const _ of [1, 2])
    await expect(
      semaphore.run(async () => {
        throw new Error('broken off')
      }),
    ).rejects.toThrow('broken off')
  expect(await semaphore.run(async () => 'next')).toBe('next')
})
