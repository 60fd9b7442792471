import { expect, test } from 'vitest'
import { makeOwnerSlots } from './owner-slots.ts'

test('[IDN-25] slots are bounded for each owner and in all, and one that is given back twice is given back once', () => {
  const slots = makeOwnerSlots(3, 2)
  const [one, two] = [slots.acquire('ana'), slots.acquire('ana')]
  expect([one, two].every((release) => release !== null)).toBe(true)
  expect(slots.acquire('ana')).toBeNull()
  const other = slots.acquire('bor')
  expect(other).not.toBeNull()
  expect(slots.acquire('cene')).toBeNull()
  one?.()
  one?.()
  expect(slots.acquire('ana')).not.toBeNull()
  expect([slots.acquire('ana'), slots.acquire('cene')]).toEqual([null, null])
  other?.()
  other?.()
  expect(slots.acquire('cene')).not.toBeNull()
  expect(slots.acquire('bor')).toBeNull()
})
