import { expect, test } from 'vitest'
import { KIOSK_MESSAGES } from '#shared/fixtures/messages.ts'
import type { Hello } from '#shared/wire/messages.ts'
import { COLLECTIONS } from '../../collections.ts'
import { COMMANDS } from '../../commands.ts'
import { collectionsOfKiosks, makeCollections, type Collection } from '../broadcast/collection.ts'
import { agreeOn, coversTaken, namesCapabilities, outcomeFor, takerOfKiosk } from './capabilities.ts'

const [hours] = COLLECTIONS
if (hours === undefined) throw new Error('hours are no collection')

const nearby: Collection = {
  ...hours,
  name: 'nearby',
  salt: 9,
  scope: 'line',
  kiosks: hours.kiosks && { ...hours.kiosks, capability: 'rows/nearby@1' },
  pages: null,
}
const seen = collectionsOfKiosks(makeCollections([hours, nearby]))

test('[SYN-34] [SYN-35] capabilities and what is held are named since protocol 3, and not before', () => {
  const { capabilities = [], holds, ...before } = KIOSK_MESSAGES.hello
  if (holds === undefined) throw new Error('the sample holds nothing')
  const cases: [Hello, boolean][] = [
    [{ ...before, protocol: 3, capabilities, holds }, true],
    [{ ...before, protocol: 3, capabilities }, false],
    [{ ...before, protocol: 3, holds }, false],
    [{ ...before, protocol: 2 }, true],
    [{ ...before, protocol: 1 }, true],
    [{ ...before, protocol: 2, capabilities }, false],
    [{ ...before, protocol: 2, holds }, false],
  ]
  for (const [hello, isRight] of cases) expect(namesCapabilities(hello)).toBe(isRight)
})

test('[SYN-34] only what both name is agreed on, once', () => {
  expect(agreeOn(['b', 'c', 'b', 'x'], ['a', 'b', 'c'])).toEqual(['b', 'c'])
  expect(COMMANDS.capabilities).toEqual(['kind/report@1', 'kind/withdraw@1'])
})

test('[SYN-32] [SYN-34] a kiosk takes what was agreed on; before protocol 3 spaces alone', () => {
  const names = (protocol: number, agreed: string[]): string[] =>
    takerOfKiosk(protocol, agreed, seen, 5).collections.map(({ name }) => name)
  expect(names(3, ['rows/nearby@1'])).toEqual(['nearby'])
  expect(names(3, ['rows/hours@1', 'rows/nearby@1'])).toEqual(['hours', 'nearby'])
  expect(names(2, ['rows/hours@1'])).toEqual([])
  const keyAt = (agreed: string[], spaceId: number): string => takerOfKiosk(3, agreed, seen, spaceId).key
  expect(keyAt(['rows/hours@1'], 5)).toBe(keyAt(['rows/hours@1'], 6))
  expect(keyAt(['rows/nearby@1'], 5)).not.toBe(keyAt(['rows/nearby@1'], 6))
})

test('[SYN-35] a kiosk holds what it would be sent when collections are the same, and the space where it matters', () => {
  const wide = takerOfKiosk(3, ['rows/hours@1'], seen, 5)
  const narrow = takerOfKiosk(3, ['rows/hours@1', 'rows/nearby@1'], seen, 5)
  const both = ['rows/nearby@1', 'rows/hours@1']
  expect(coversTaken({ spaceId: 6, collections: ['rows/hours@1'] }, wide)).toBe(true)
  expect(coversTaken({ spaceId: 5, collections: [] }, wide)).toBe(false)
  expect(coversTaken({ spaceId: 5, collections: ['rows/hours@2'] }, wide)).toBe(false)
  expect(coversTaken({ spaceId: 5, collections: both }, wide)).toBe(false)
  expect(coversTaken({ spaceId: 5, collections: both }, narrow)).toBe(true)
  expect(coversTaken({ spaceId: 6, collections: both }, narrow)).toBe(false)
  expect(coversTaken({ spaceId: null, collections: both }, narrow)).toBe(false)
  expect(coversTaken(undefined, takerOfKiosk(2, [], seen, 5))).toBe(true)
})

test('[SYN-36] a fault of the hub is a malformed mutation to a kiosk that has no word for it', () => {
  const refused = { id: 4, why: 'internal' } as const
  expect(outcomeFor(3, refused)).toEqual(refused)
  expect(outcomeFor(2, refused)).toEqual({ id: 4, why: 'malformed' })
  expect(outcomeFor(2, { id: 4, why: 'composite' })).toEqual({ id: 4, why: 'composite' })
})

test('[SYN-33] [SYN-21] collections that could be taken for each other, or would bring persons to kiosks, are no collections', () => {
  for (const [wrong, message] of [
    [[hours, { ...hours, salt: 5 }], 'one name'],
    [[hours, { ...hours, name: 'other' }], 'one salt'],
    [[{ ...hours, salt: 0 }], 'salt of spaces'],
    [[{ ...hours, scope: 'person' as const }], 'persons'],
    [[{ ...hours, scope: 'line' as const }], 'a page has none'],
  ] as const)
    expect(() => makeCollections(wrong)).toThrow(message)
  expect(
    makeCollections([hours, nearby, { ...nearby, name: 'mine', salt: 3, scope: 'person', kiosks: null }]),
  ).toHaveLength(3)
})
