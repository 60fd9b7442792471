import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { ASSIGNMENT, openTestKiosk, openLiveTestKiosk, reopen, welcome } from '../testing/test-engine.ts'

describe('an assignment that cannot be shown', () => {
  const BAD: Record<string, unknown>[] = [
    { timezone: 'Mars/Olympus' },
    { timezone: '' },
    { role: 'ceiling' },
    { locale: 'no language' },
    { idleMs: 0 },
  ]

  it('[KSK-5] is not taken: the last good one goes on, rows and taps too, and staff see it', async () => {
    for (const bad of BAD) {
      const kiosk = await openLiveTestKiosk()
      kiosk.hub.say({ type: 'assignment', assignment: { ...ASSIGNMENT, ...bad } })
      expect(kiosk.hub.isOpen()).toBe(true)
      expect(kiosk.seen.kiosk).toMatchObject({ state: 'enrolled', assignment: ASSIGNMENT })
      expect(kiosk.seen.outbox).toMatchObject({ alarm: 'assignment' })
      expect(kiosk.logged.join('\n')).toContain(`"at":"/${Object.keys(bad)[0]}"`)
      expect(await kiosk.engine.call('reportOccupancy', { spaceId: 3, level: 2 })).toMatchObject({ ok: true })
      const again = reopen(kiosk)
      expect(again.seen.kiosk).toMatchObject({ state: 'enrolled', assignment: ASSIGNMENT })
      welcome(again, { assignment: { ...ASSIGNMENT, ...bad } })
      expect(again.seen.link?.status).toBe('online')
      expect(again.seen.outbox).toMatchObject({ alarm: 'assignment' })
      again.hub.say({ type: 'assignment', assignment: { ...ASSIGNMENT, spaceId: 1 } })
      expect(again.seen.kiosk).toMatchObject({ assignment: { spaceId: 1 } })
      expect(again.seen.outbox).toMatchObject({ alarm: null })
      again.engine.stop()
    }
  })

  it('[LNG-4] is not one in a language that nobody here speaks: it is accepted as it is', async () => {
    const kiosk = await openLiveTestKiosk()
    const assignment = { ...ASSIGNMENT, locale: 'cy-x-carrel' }
    kiosk.hub.say({ type: 'assignment', assignment })
    expect(kiosk.seen.kiosk).toMatchObject({ state: 'enrolled', assignment })
    expect(kiosk.seen.outbox).toMatchObject({ alarm: null })
    const again = reopen(kiosk)
    expect(again.seen.kiosk).toMatchObject({ state: 'enrolled', assignment })
    again.engine.stop()
  })

  it('[KSK-5] is reported also where it is the first one; and one that an older program stored is not accepted', async () => {
    const kiosk = openTestKiosk()
    await kiosk.engine.enrolWith('CODE')
    welcome(kiosk, { assignment: { ...ASSIGNMENT, timezone: 'Mars/Olympus' } })
    expect(kiosk.seen.kiosk).toEqual({ state: 'starting' })
    expect(kiosk.seen.outbox).toMatchObject({ alarm: 'assignment' })
    kiosk.engine.stop()
    const sqlite = new Database(join(kiosk.folder, 'cache.db'))
    const told = { assignment: { ...ASSIGNMENT, timezone: 'Mars/Olympus' }, movedAtMs: null }
    sqlite.prepare('update position set assignment = ?').run(JSON.stringify(told))
    sqlite.close()
    const again = openTestKiosk({ folder: kiosk.folder, clock: kiosk.clock, hub: kiosk.hub })
    expect(again.seen.kiosk).toEqual({ state: 'starting' })
    again.engine.stop()
  })
})
