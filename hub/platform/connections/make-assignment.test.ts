import { expect, test } from 'vitest'
import { DEFAULT_SETTINGS } from '#shared/domain/university.ts'
import { PROTOCOL } from '#shared/wire/version.ts'
import type { KioskRow } from './kiosk-session-rows.ts'
import { makeAssignment } from './make-assignment.ts'

const ROW: KioskRow = {
  id: 7,
  name: 'Door',
  spaceId: 3,
  role: 'door',
  settings: {},
  session: 1,
  lastMutationId: 0,
  isRevoked: false,
  publicKey: 'key',
  ticketEpoch: null,
  ticketIssued: null,
  ticketConfirmed: null,
  universityId: 1,
  universityName: 'Test University',
  timezone: 'Europe/Ljubljana',
  locale: 'sl',
  universitySettings: {},
}

test('[SYN-65] each setting of a kiosk is its own, else its university’s, else the usual one', () => {
  const settings = [
    ['staleMs', 'staleMs'],
    ['kioskReportsPerSecond', 'reportsPerSecond'],
    ['kioskIdleMs', 'idleMs'],
  ] as const
  for (const [setting, assigned] of settings) {
    const assign = (changes: Partial<KioskRow>) => makeAssignment({ ...ROW, ...changes }, PROTOCOL)
    const [ofUniversity, own] = [{ [setting]: 11 }, { [setting]: 22 }]
    expect(assign({})[assigned]).toBe(DEFAULT_SETTINGS[setting])
    expect(assign({ universitySettings: ofUniversity })[assigned]).toBe(11)
    expect(assign({ settings: own })[assigned]).toBe(22)
    expect(assign({ universitySettings: ofUniversity, settings: own })[assigned]).toBe(22)
    const others = settings.filter(([other]) => other !== setting)
    for (const [other, name] of others) expect(assign({ settings: own })[name]).toBe(DEFAULT_SETTINGS[other])
  }
})
