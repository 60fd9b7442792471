import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { findRepeatedKey } from './repeated-key.ts'

describe('a key named twice', () => {
  test.each([
    ['{"A":1,"A":2}', ['A']],
    ['{"A":{"B":[],"C":[],"B":[]}}', ['A', 'B']],
    ['{"A":[{"x":1},{"x":2,"y":{},"x":3}]}', ['A', 'x']],
    ['{"A":{"B":{}},"C":{"B":{}},"A":{}}', ['A']],
    [String.raw`{"Caf\u00e9":1,"Café":2}`, ['Café']],
    [String.raw`{"\"":1,"{":{"\"":2},"\"":3}`, ['"']],
  ])('[TRE-2] is found in %s', (json, path) => {
    expect(findRepeatedKey(json)).toEqual(path)
  })

  test.each([
    '{}',
    '[]',
    '"A"',
    '{"A":{"A":{"A":"A"}},"B":"A"}',
    '[{"A":1},{"A":2}]',
    String.raw`{"A":"\",\"A\":1"}`,
  ])('[TRE-2] is not seen in %s', (json) => {
    expect(findRepeatedKey(json)).toBeNull()
  })

  test('[TRE-2] is in no text that was written from a value', () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        expect(findRepeatedKey(json)).toBeNull()
      }),
    )
  })
})
