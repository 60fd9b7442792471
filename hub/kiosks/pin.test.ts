import { expect, test } from 'vitest'
import { hashPin, makePin, verifyPin } from './pin.ts'

test('[SYN-22] a PIN opens with itself only, and its hash does not hold it', async () => {
  const hash = await hashPin('012345')
  expect(hash).not.toContain('012345')
  expect(await hashPin('012345')).not.toBe(hash)
  expect(await verifyPin('012345', hash)).toBe(true)
  expect(await verifyPin(' 012345 ', hash)).toBe(true)
  expect(await verifyPin('12345', hash)).toBe(false)
  expect(await verifyPin('', hash)).toBe(false)
})

test('[SYN-22] without a stored hash, or with one that does not read, the page stays shut', async () => {
  for (const stored of [null, '', 'scrypt', 'scrypt$1$1$1$$', '012345'])
    expect(await verifyPin('012345', stored)).toBe(false)
})

test('[SYN-22] PINs are six digits and not often the same', () => {
  const pins = Array.from({ length: 200 }, makePin)
  expect(pins.every((pin) => /^\d{6}$/.test(pin))).toBe(true)
  expect(new Set(pins).size).toBeGreaterThan(190)
})
