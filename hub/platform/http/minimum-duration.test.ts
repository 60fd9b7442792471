import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { withMinimumDuration } from './minimum-duration.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

test('[IDN-2] an answer that took short and one that took long come at the same moment, and so does a fault', async () => {
  const cameAt: Record<string, number> = {}
  const began = Date.now()
  const after = async (ms: number): Promise<void> => {
    if (ms > 0) await new Promise((done) => setTimeout(done, ms))
  }
  const note = (name: string) => (): void => void (cameAt[name] = Date.now() - began)
  const all = [
    withMinimumDuration(300, () => after(0)).then(note('short')),
    withMinimumDuration(300, () => after(250)).then(note('long')),
    withMinimumDuration(300, () => after(10).then(() => Promise.reject(new Error('a fault')))).catch(
      note('fault'),
    ),
    withMinimumDuration(300, () => after(700)).then(note('too long')),
  ]
  await vi.advanceTimersByTimeAsync(1_000)
  await Promise.all(all)
  expect(cameAt).toEqual({ short: 300, long: 300, fault: 300, 'too long': 700 })
})
