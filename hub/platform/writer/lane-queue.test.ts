import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LaneQueue, type LaneItem } from './lane-queue.ts'

const LIMITS = { perKey: 8, all: 100 }

interface Numbered extends LaneItem {
  number: number
}

function item(key: string, number: number, cost = 1, isAlone = false): Numbered {
  return { key, number, cost, isAlone, sinceMs: 0 }
}

function queueOf(...items: Numbered[]): LaneQueue<Numbered> {
  const queue = new LaneQueue<Numbered>(LIMITS)
  for (const one of items) queue.put(one)
  return queue
}

const names = (batch: readonly Numbered[]): string[] => batch.map(({ key, number }) => `${key}${number}`)

test('[SYN-30] what came first is first, and each key keeps its own order', () => {
  const queue = queueOf(item('a', 1), item('b', 1), item('c', 1), item('a', 2))
  expect(names(queue.take(4096))).toEqual(['a1', 'a2', 'b1', 'c1'])
  expect(queue.size).toBe(0)
})

test('[SYN-30] one with much to say leaves room for those who have little', () => {
  const queue = new LaneQueue<Numbered>({ perKey: 100, all: 1_000 })
  for (let number = 1; number <= 100; number += 1) queue.put(item('greedy', number, 64))
  queue.put(item('modest', 1))
  const first = names(queue.take(600))
  expect(first).toContain('modest1')
  expect(first.filter((name) => name.startsWith('greedy')).length).toBeGreaterThan(3)
})

test('[SYN-30] an item that wants a commit of its own gets one, in its turn', () => {
  const queue = queueOf(item('a', 1), item('b', 1, 1, true), item('c', 1))
  expect(names(queue.take(4096))).toEqual(['a1'])
  expect(names(queue.take(4096))).toEqual(['b1'])
  expect(names(queue.take(4096))).toEqual(['c1'])
  expect(queue.take(4096)).toEqual([])
})

test('[SYN-30] one key has so many items waiting, and all together so many: beyond that is said at once', () => {
  const queue = new LaneQueue<Numbered>({ perKey: 2, all: 3 })
  expect(
    [item('a', 1), item('a', 2), item('a', 3), item('b', 1), item('c', 1)].map((one) => queue.put(one)),
  ).toEqual(['queued', 'queued', 'tooMany', 'queued', 'full'])
  queue.take(4096)
  expect(queue.put(item('a', 4))).toBe('queued')
})

test('[SYN-30] who gave up waiting leaves no item behind, and one that was taken cannot be taken back', () => {
  const [mine, other] = [item('a', 1), item('a', 2)]
  const queue = queueOf(mine, other)
  expect(queue.drop(mine)).toBe(true)
  expect(queue.drop(mine)).toBe(false)
  expect(names(queue.take(4096))).toEqual(['a2'])
  expect(queue.drop(other)).toBe(false)
  expect(queue.size).toBe(0)
})

test('[SYN-30] nothing is lost, cut or taken twice, a batch is no larger than allowed, and nobody waits for ever', () => {
  const put = fc.record({
    key: fc.constantFrom('a', 'b', 'c', 'd'),
    cost: fc.integer({ min: 0, max: 700 }),
    isAlone: fc.oneof(
      { weight: 5, arbitrary: fc.constant(false) },
      { weight: 1, arbitrary: fc.constant(true) },
    ),
  })
  fc.assert(
    fc.property(
      fc.array(fc.oneof(put, fc.constant('take' as const)), { maxLength: 80, size: 'max' }),
      (steps) => {
        const queue = new LaneQueue<Numbered>({ perKey: 1_000, all: 1_000 })
        const waiting: Numbered[] = []
        const taken: Numbered[] = []
        const takeOne = (): void => {
          const batch = queue.take(600)
          expect(batch.length > 0).toBe(waiting.length > taken.length)
          const cost = batch.reduce((sum, one) => sum + one.cost, 0)
          expect(batch.length === 1 || cost <= 600).toBe(true)
          expect(batch.length === 1 || batch.every(({ isAlone }) => !isAlone)).toBe(true)
          taken.push(...batch)
        }
        let number = 0
        for (const step of steps) {
          if (step === 'take') takeOne()
          else {
            const one = item(step.key, (number += 1), step.cost, step.isAlone)
            waiting.push(one)
            queue.put(one)
          }
        }
        for (let rounds = 0; queue.size > 0; rounds += 1) {
          expect(rounds).toBeLessThan(waiting.length + 1)
          takeOne()
        }
        expect(new Set(taken).size).toBe(taken.length)
        expect(taken).toHaveLength(waiting.length)
        for (const key of ['a', 'b', 'c', 'd']) {
          const order = taken.filter((one) => one.key === key).map((one) => one.number)
          expect(order).toEqual(order.toSorted((left, right) => left - right))
        }
      },
    ),
  )
})
