import { expect, test } from 'vitest'
import { shrink } from './shrink.ts'

test('a failing list shrinks to what makes it fail, in its order', async () => {
  const items = Array.from({ length: 200 }, (_, index) => index)
  const fails = async (some: readonly number[]): Promise<boolean> =>
    some.includes(17) && some.includes(150) && some.indexOf(17) < some.indexOf(150)
  expect(await shrink(items, fails, () => false)).toEqual([17, 150])
})

test('at the deadline the shortest list so far comes back', async () => {
  let asked = 0
  const fails = async (some: readonly number[]): Promise<boolean> => {
    asked += 1
    return some.includes(3)
  }
  const left = await shrink([1, 2, 3, 4, 5, 6, 7, 8], fails, () => asked >= 2)
  expect(left).toEqual([1, 2, 3, 4])
})
