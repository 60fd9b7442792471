import { describe, expect, it } from 'vitest'
import * as fixtures from '../gallery/fixtures.ts'
import { NOW_MS } from '../gallery/fixtures.ts'
import {
  newAnnouncements,
  doorAnnouncements,
  entranceAnnouncements,
  type ScreenAnnouncements,
} from './announcement.ts'
import { doorScreen } from './door-screen.ts'
import { entranceScreen } from './entrance-screen.ts'
import { freshSession, plainSettings, type ReportStep } from './session.ts'

const SESSION = freshSession(plainSettings('en', false), 0)

function door(
  minutesAgo: number,
  level: 0 | 1 | 2,
  report: ReportStep = { step: 'ask' },
  nowMs = NOW_MS,
): ScreenAnnouncements {
  const screen = doorScreen(fixtures.door({ level, minutesAgo }), nowMs)
  return doorAnnouncements(screen, { ...SESSION, report })
}

const THANKS: ReportStep = {
  step: 'thanks',
  spaceId: 1,
  level: 1,
  mutationId: 4,
  undoUntilMs: 5_000,
}

describe('newsBetween', () => {
  it('[SCR-37] says a change of state once, and nothing while only ages go by', () => {
    const before = door(3, 0)
    expect(newAnnouncements(before, door(4, 0, { step: 'ask' }, NOW_MS + 60_000))).toEqual([])
    const after = door(0, 2)
    expect(newAnnouncements(before, after)).toEqual([
      { what: 'state', spaceId: expect.any(Number), placeName: 'Room 101', tone: 'full', isOffline: false },
    ])
    expect(newAnnouncements(after, door(1, 2))).toEqual([])
  })

  it('[SCR-37] thanks once for a report, and again for the next one', () => {
    const thanked = door(0, 1, THANKS)
    expect(newAnnouncements(door(0, 1), thanked)).toMatchObject([{ what: 'thanks', mutationId: 4 }])
    expect(newAnnouncements(thanked, thanked)).toEqual([])
    expect(newAnnouncements(thanked, door(0, 1))).toEqual([])
    expect(newAnnouncements(thanked, door(0, 1, { ...THANKS, mutationId: 5 }))).toHaveLength(1)
  })

  it('[SCR-4] says once that a report is not saved yet, and [OCC-14] once that it was already said', () => {
    const saving: ReportStep = {
      step: 'saving',
      spaceId: 1,
      level: 1,
      attempt: 1,
      sinceMs: 0,
      isSlow: false,
    }
    const slow = door(0, 1, { ...saving, isSlow: true })
    expect(newAnnouncements(door(0, 1), door(0, 1, saving))).toEqual([])
    expect(newAnnouncements(door(0, 1, saving), slow)).toEqual([{ what: 'slow', attempt: 1 }])
    expect(newAnnouncements(slow, slow)).toEqual([])
    const again = door(0, 1, { step: 'alreadySaid', spaceId: 1, level: 1, attempt: 2, untilMs: 4_000 })
    expect(newAnnouncements(door(0, 1), again)).toEqual([{ what: 'alreadySaid', level: 1, attempt: 2 }])
  })

  it('[OCC-6] says that nothing fresh is known when a report ages out', () => {
    expect(newAnnouncements(door(0, 0), door(0, 0, { step: 'ask' }, NOW_MS + 7_200_000))).toEqual([
      { what: 'screen', name: 'stale' },
    ])
  })

  it('[SCR-21] says nothing of a place that is only called otherwise, as in another language', () => {
    const named = (placeName: string): ScreenAnnouncements => ({
      ...door(3, 0),
      state: { what: 'state', spaceId: 1, placeName, tone: 'free', isOffline: false },
    })
    expect(newAnnouncements(named('Room 101'), named('Soba 101'))).toEqual([])
    const full = { ...named('Soba 101'), panel: { ...named('Soba 101').state } }
    expect(newAnnouncements(named('Room 101'), full)).toEqual([full.panel])
  })

  it('[SCR-37] speaks of an entrance’s building and its opened place, never of each room', () => {
    const choice = {
      openSpaceId: null,
      toggledSections: new Set<number>(),
      isFreeOnly: false,
      frozenOrder: null,
      locale: 'en' as const,
    }
    const model = fixtures.entrance()
    const before = entranceAnnouncements(entranceScreen(model, NOW_MS, choice), SESSION)
    const id = fixtures.inLibrary('Floor 2', 'Carrel 3')
    const space = model.spaces.get(id)
    if (space === undefined) throw new Error('no space')
    const changed = { ...model, spaces: new Map(model.spaces).set(id, { ...space, level: 2 as const }) }
    expect(
      newAnnouncements(before, entranceAnnouncements(entranceScreen(changed, NOW_MS, choice), SESSION)),
    ).toEqual([])
    const opened = entranceScreen(changed, NOW_MS, { ...choice, openSpaceId: id })
    expect(newAnnouncements(before, entranceAnnouncements(opened, SESSION))).toMatchObject([
      { placeName: 'Carrel 3' },
    ])
  })
})
