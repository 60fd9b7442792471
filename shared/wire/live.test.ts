import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { anyText } from '../fixtures/testing-text.ts'
import { LiveClientMessage, LiveHubMessage, type LiveSpace } from './live.ts'
import { makeCheck, makeParse } from './parse.ts'

const checkClient = makeCheck(LiveClientMessage)
const checkHub = makeCheck(LiveHubMessage)

const HELLO: LiveClientMessage = {
  type: 'hello',
  ticket: 'A'.repeat(43),
  since: { epoch: 'e', head: 7 },
}

const row: LiveSpace = {
  id: 5,
  clock: 41,
  level: 1,
  reportedAtMs: 1_800_000_000_000,
  version: 3,
  isOnKiosks: false,
  facts: {
    parentId: 1,
    name: 'Nook',
    kind: 'area',
    location: null,
    details: {},
    capacity: null,
    hours: { weekly: null, closures: [] },
  },
}
const parted = { epoch: 'e', to: 41, part: 1, parts: 1, changes: { rows: [row], levels: [], gone: [] } }

const FROM_HUB: LiveHubMessage[] = [
  { type: 'welcome', nowMs: 1, heartbeatMs: 10_000 },
  { type: 'person', mine: [5], tracked: [], mayEditAll: false, staleMs: 7_200_000 },
  { type: 'snapshot', ...parted },
  { type: 'changes', from: 40, ...parted },
  { type: 'heartbeat', epoch: 'e', head: 41, nowMs: 1 },
  { type: 'alive', id: 7, nowMs: 1 },
  { type: 'end', why: 'signedOut' },
]

test('[LIV-4] each message is taken by its own side alone, whole, and with nothing more in it', () => {
  expect(checkClient(HELLO).ok).toBe(true)
  expect(checkClient({ ...HELLO, since: null }).ok).toBe(true)
  expect(checkHub(HELLO).ok).toBe(false)
  for (const message of FROM_HUB) {
    expect(checkHub(message)).toEqual({ ok: true, value: message })
    expect(checkClient(message).ok).toBe(false)
    expect(checkHub({ ...message, more: 1 }).ok).toBe(false)
    for (const key of Object.keys(message)) {
      const { [key as 'type']: _left, ...rest } = message
      expect([key, checkHub(rest).ok]).toEqual([key, false])
    }
  }
  for (const key of Object.keys(HELLO)) {
    const { [key as 'type']: _left, ...rest } = HELLO
    expect(checkClient(rest).ok).toBe(false)
  }
})

test('[LIV-5] a question has a number; pages and hubs of the release before know nothing of it', () => {
  expect(checkClient({ type: 'probe', id: 7 }).ok).toBe(true)
  for (const wrong of [{}, { id: 0 }, { id: '7' }, { id: 1.5 }, { id: 7, more: 1 }])
    expect(checkClient({ type: 'probe', ...wrong }).ok).toBe(false)
  expect(checkHub({ type: 'welcome', nowMs: 1, heartbeatMs: 5_000, takesProbes: true }).ok).toBe(true)
})

test('[LIV-4] no text from outside is taken by chance, and none throws', () => {
  const parse = makeParse(LiveClientMessage)
  fc.assert(
    fc.property(fc.oneof(fc.json(), anyText()), (text) => {
      expect(parse(text).ok).toBe(false)
    }),
  )
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom('type', 'ticket', 'since', 'more'), (value, key) => {
      const said = { ...HELLO, [key]: value }
      const isSame = JSON.stringify(said) === JSON.stringify(HELLO) || (key === 'since' && value === null)
      expect(checkClient(said).ok).toBe(isSame)
    }),
  )
})
