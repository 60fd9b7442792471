import { describe, expect, it } from 'vitest'
import * as fixtures from '../gallery/fixtures.ts'
import { makeI18n } from '../i18n/i18n.ts'
import { startOfDay } from '../common/times.ts'
import { doorScreen } from './door-screen.ts'
import { entranceScreen } from './entrance-screen.ts'
import type { KioskModel } from './model.ts'
import { makeSpaceWords } from '../common/space-words.ts'
import { makeUnknownZoneReporter } from '../common/times.ts'

const { NOW_MS, NIGHT_MS } = fixtures

/** The same screen, told a zone that this program does not know. */
function elsewhere(model: KioskModel): KioskModel {
  const { kiosk } = model
  if (kiosk.state !== 'enrolled') throw new Error('not enrolled')
  return { ...model, kiosk: { ...kiosk, assignment: { ...kiosk.assignment, timezone: 'Mars/Olympus' } } }
}

describe('a time zone that the browser does not know', () => {
  it.each(['en', 'sl', 'zh-TW'] as const)(
    '[SCR-12] is no fault: times name the zone they are in: %s',
    (locale) => {
      const known = makeSpaceWords(makeI18n(locale).t, locale, 'UTC')
      const unknown = makeSpaceWords(makeI18n(locale).t, locale, 'Mars/Olympus')
      const own = new Intl.DateTimeFormat(locale, {
        hour: '2-digit',
        minute: '2-digit',
        hourCycle: 'h23',
        timeZoneName: 'short',
      })
      expect(unknown.time(NOW_MS)).toBe(own.format(NOW_MS))
      expect(unknown.time(NOW_MS)).toMatch(/[A-Z]{3}/)
      expect(known.time(NOW_MS)).toBe('13:05')
      expect(unknown.date(NOW_MS)).not.toBe('')
      expect(unknown.age(NOW_MS - 60_000, NOW_MS)).toBe(known.age(NOW_MS - 60_000, NOW_MS))
    },
  )

  it('[SCR-12] levels and ages go on, and no opening hours are claimed', () => {
    const door = doorScreen(elsewhere(fixtures.door({ level: 0, minutesAgo: 3 })), NOW_MS)
    expect(door).toMatchObject({
      name: 'free',
      space: { tone: 'free', todaySpans: null, openness: { isOpen: true, changes: null } },
    })
    // By its own zone it is shut.
    expect(doorScreen(fixtures.closedDoor(), NIGHT_MS).name).toBe('closed')
    expect(doorScreen(elsewhere(fixtures.closedDoor()), NIGHT_MS).name).not.toBe('closed')
    const choice = {
      openSpaceId: null,
      toggledSections: new Set<number>(),
      isFreeOnly: false,
      frozenOrder: null,
      locale: 'en' as const,
    }
    expect(entranceScreen(elsewhere(fixtures.entrance()), NOW_MS, choice).name).toBe('tree')
  })

  it('[SCR-12] a day that is asked for is one of this device', () => {
    const own = new Intl.DateTimeFormat().resolvedOptions().timeZone
    expect(startOfDay('2026-11-20', 'Mars/Olympus')).toBe(startOfDay('2026-11-20', own))
  })

  it('[SCR-12] is told once, and one that is known never', () => {
    const told: string[] = []
    const tell = makeUnknownZoneReporter(({ message }) => told.push(message))
    for (const zone of ['Europe/Ljubljana', 'Mars/Olympus', 'UTC', 'Mars/Olympus', '']) tell(zone)
    expect(told).toEqual([
      'the time zone "Mars/Olympus" is not known to this browser: please update it',
      'the time zone "" is not known to this browser: please update it',
    ])
  })
})
