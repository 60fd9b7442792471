import { describe, expect, it } from 'vitest'
import { makeCheck } from './parse.ts'
import { Capabilities } from './messages.ts'
import {
  boundedCapabilities,
  CAPABILITIES_BEFORE_3,
  kindCapability,
  namedCapabilities,
  rowsCapability,
} from './capabilities.ts'

describe('capabilities', () => {
  it('[SYN-34] are named by what is sent and its form', () => {
    expect([rowsCapability('hours'), rowsCapability('hours', 2), kindCapability('report')]).toEqual([
      'rows/hours@1',
      'rows/hours@2',
      'kind/report@1',
    ])
  })

  it('[SYN-34] before protocol 3 are reports and undos, whatever is named', () => {
    expect(CAPABILITIES_BEFORE_3).toEqual(['kind/report@1', 'kind/withdraw@1'])
    expect(namedCapabilities(2, ['rows/hours@1'])).toEqual(CAPABILITIES_BEFORE_3)
    expect(namedCapabilities(3, undefined)).toEqual(CAPABILITIES_BEFORE_3)
    expect(namedCapabilities(3, [])).toEqual([])
    expect(namedCapabilities(3, ['rows/hours@1'])).toEqual(['rows/hours@1'])
  })

  it('[SYN-34] fit into one message: each once, at most 64, none of more than 40 characters', () => {
    const names = ['rows/hours@1', 'rows/hours@1', '', `kind/${'x'.repeat(40)}@1`, 'kind/report@1']
    expect(boundedCapabilities(names)).toEqual(['rows/hours@1', 'kind/report@1'])
    const many = boundedCapabilities(Array.from({ length: 100 }, (_, index) => `kind/k${index}@1`))
    expect(many).toHaveLength(64)
    expect(makeCheck(Capabilities)(many).ok).toBe(true)
  })
})
