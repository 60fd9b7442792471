import { Type } from 'typebox'
import { expect, test } from 'vitest'
import { makeCheck } from './parse.ts'

const check = makeCheck(
  Type.Object(
    {
      name: Type.String({ minLength: 1, maxLength: 3, pattern: '^a' }),
      kind: Type.Optional(Type.Union([Type.Enum(['room', 'desk']), Type.Null()])),
      seats: Type.Optional(Type.Integer({ minimum: 1, maximum: 5 })),
      list: Type.Optional(Type.Array(Type.String(), { minItems: 1, maxItems: 1 })),
      open: Type.Optional(Type.Literal(true)),
    },
    { additionalProperties: false },
  ),
)

test.each([
  [{}, 'name is missing'],
  [[], 'must be an object in { }'],
  [{ name: 5 }, '/name must be text'],
  [{ name: '' }, '/name is empty'],
  [{ name: 'abcd' }, '/name must have at most 3 characters'],
  [{ name: 'b' }, '/name is not written as expected'],
  [{ name: 'a', kind: 'castle' }, '/kind must be one of room, desk'],
  [{ name: 'a', seats: 1.5 }, '/seats must be a whole number'],
  [{ name: 'a', seats: 0 }, '/seats must be at least 1'],
  [{ name: 'a', seats: 9 }, '/seats must be at most 5'],
  [{ name: 'a', list: [] }, '/list is empty'],
  [{ name: 'a', list: ['b', 'c'] }, '/list must have at most 1 entries'],
  [{ name: 'a', open: false }, '/open must be true'],
  [{ name: 'a', more: 1 }, '/more is not known here'],
])('[IMP-20] %j: what does not fit, in plain words', (value, sentence) => {
  const checked = check(value)
  expect(checked.ok ? '' : `${checked.refusal.at} ${checked.refusal.reason}`.trim()).toBe(sentence)
})
