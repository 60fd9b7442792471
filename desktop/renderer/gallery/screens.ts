import type { DoorScreen } from '../kiosk/door-screen.ts'
import type { EntranceScreen } from '../kiosk/entrance-screen.ts'
import { EMPTY_MODEL, type KioskModel } from '../kiosk/model.ts'
import type { Overlay, ReportStep, VisitorSession } from '../kiosk/session.ts'
import type { SetupScreen } from '../kiosk/setup-screen.ts'
import { refuse } from '#shared/domain/decision.ts'
import * as fixtures from './fixtures.ts'
import { NOW_MS, ROOM_ID } from './fixtures.ts'

/** One picture: a model, and what the visitor is in the middle of. */
export interface Fixture {
  model: KioskModel
  session?: Partial<VisitorSession>
}

const OFFLINE = fixtures.link({ status: 'offline', lastContactMs: NOW_MS - 12 * 60_000 })
const LONG_OFFLINE = fixtures.link({ status: 'offline', lastContactMs: NOW_MS - 3 * 3_600_000 })

const setup = {
  starting: { model: EMPTY_MODEL },
  engineAway: { model: { ...EMPTY_MODEL, engine: 'away' } },
  engineRefused: { model: { ...EMPTY_MODEL, engine: 'refused' } },
  configError: {
    model: {
      ...EMPTY_MODEL,
      kiosk: {
        state: 'configError',
        file: '/etc/carrel/kiosk.json',
        problems: [
          {
            at: 'hub.url',
            problem: 'is a number, but must be a text.',
            advice: 'Write it in quotes, for example "https://hub.lipnik.example".',
          },
          { at: 'hub.cafile', problem: 'is not known.', advice: 'Did you mean "hub.caFile"?' },
        ],
      },
    },
  },
  storeError: { model: { ...EMPTY_MODEL, kiosk: { state: 'storeError', advice: 'diskFull' } } },
  notEnrolled: { model: notEnrolled(false) },
  revoked: { model: notEnrolled(true) },
  moved: { model: moved() },
  spaceGone: {
    model: { ...fixtures.door(null), spaces: new Map([...fixtures.door(null).spaces].slice(0, 2)) },
  },
} satisfies Record<SetupScreen['name'], Fixture>

const door = {
  ...setup,
  free: { model: fixtures.door({ level: 0, minutesAgo: 3 }) },
  busy: { model: fixtures.door({ level: 1, minutesAgo: 8 }) },
  full: { model: fixtures.door({ level: 2, minutesAgo: 0 }) },
  offlineFresh: {
    model: {
      ...fixtures.door({ level: 0, minutesAgo: 14 }, { link: OFFLINE }),
      outbox: { waitingCount: 2, alarm: null, refused: [] },
    },
  },
  offlineStale: { model: fixtures.door({ level: 0, minutesAgo: 185 }, { link: LONG_OFFLINE }) },
  stale: { model: fixtures.door({ level: 1, minutesAgo: 150 }) },
  neverReported: { model: fixtures.door(null) },
  closed: { model: fixtures.closedDoor() },
  clockUnknown: {
    model: fixtures.door(
      { level: 0, minutesAgo: 30 },
      {
        link: {
          status: 'offline',
          hubNowMs: null,
          hubNowPlusMinusMs: null,
          lastContactMs: null,
          reason: null,
        },
      },
    ),
  },
} satisfies Record<DoorScreen['name'], Fixture>

const entrance = {
  tree: { model: fixtures.entrance() },
  treeUnknown: { model: fixtures.entrance({}, []) },
  treeOffline: { model: fixtures.entrance({ link: OFFLINE }) },
  treeClosed: { model: fixtures.closedEntrance() },
  treeClockUnknown: {
    model: fixtures.entrance({
      link: { status: 'offline', hubNowMs: null, hubNowPlusMinusMs: null, lastContactMs: null, reason: null },
    }),
  },
  treeEmpty: { model: fixtures.emptyEntrance() },
} satisfies Record<Exclude<EntranceScreen['name'], SetupScreen['name']>, Fixture>

const asked = { model: fixtures.door({ level: 1, minutesAgo: 0 }) }
const report = {
  ask: asked,
  saving: { ...asked, session: { report: saving(false) } },
  thanks: { ...asked, session: { report: thanks(ROOM_ID) } },
  alreadySaid: {
    ...asked,
    session: { report: { step: 'alreadySaid', spaceId: ROOM_ID, level: 1, attempt: 1, untilMs: 4_000 } },
  },
  undoing: {
    ...asked,
    session: { report: { step: 'undoing', spaceId: ROOM_ID, mutationId: 7, attempt: 1, sinceMs: 0 } },
  },
  undone: {
    ...asked,
    session: { report: { step: 'undone', spaceId: ROOM_ID, mutationId: 7, untilMs: 3_000 } },
  },
  refused: {
    ...asked,
    session: {
      report: {
        step: 'refused',
        spaceId: ROOM_ID,
        ...refuse({ why: 'notSaved' as const }),
        attempt: 1,
        untilMs: 9_000,
      },
    },
  },
} satisfies Record<ReportStep['step'], Fixture>

const overlay = {
  stillThere: { model: fixtures.entrance(), session: { overlay: { name: 'stillThere', untilMs: 18_000 } } },
  pinPad: {
    ...asked,
    session: { overlay: { name: 'pinPad', refusal: { why: 'wrongPin' }, asking: null } },
  },
  diagnostics: { ...asked, session: { overlay: diagnostics() } },
} satisfies Record<Overlay['name'], Fixture>

const READING_ROOM = fixtures.inLibrary('Floor 1', 'Reading Room')

/** Pictures beyond the unions: what is worth a look though it is no state of its own. */
const more = {
  'door-floor': { model: fixtures.floorDoor() },
  'door-alarm': {
    model: fixtures.door(
      { level: 0, minutesAgo: 3 },
      {
        outbox: {
          waitingCount: 3,
          alarm: 'outboxReset',
          refused: [{ mutationId: 5, kind: 'report', why: 'spaceDeleted' }],
        },
      },
    ),
  },
  // All that a door may have to say to staff at once, beside a word that is read from five metres.
  'door-notices': { model: noticed() },
  'door-waiting': { model: waitingToSend() },
  'report-saving-slow': { ...asked, session: { report: saving(true) } },
  'report-not-confirmed': {
    ...asked,
    session: {
      report: {
        step: 'refused',
        spaceId: ROOM_ID,
        refusal: { why: 'notConfirmed' },
        attempt: 1,
        untilMs: 9_000,
      },
    },
  },
  'offline-certificate': {
    model: fixtures.door(
      { level: 0, minutesAgo: 14 },
      {
        link: fixtures.link({
          status: 'offline',
          lastContactMs: NOW_MS - 12 * 60_000,
          reason: 'certificateDate',
        }),
      },
    ),
  },
  'entrance-place': { model: fixtures.entrance(), session: { openSpaceId: READING_ROOM } },
  'entrance-thanks': {
    model: fixtures.entrance(),
    session: { openSpaceId: READING_ROOM, report: thanks(READING_ROOM) },
  },
  'entrance-free-only': { model: fixtures.entrance(), session: { isFreeOnly: true } },
  'entrance-large': { model: fixtures.largeEntrance() },
  'setup-store-unreadable': {
    model: { ...EMPTY_MODEL, kiosk: { state: 'storeError', advice: 'unreadable' } },
  },
  'setup-store-locked': { model: { ...EMPTY_MODEL, kiosk: { state: 'storeError', advice: 'locked' } } },
  'setup-store-too-new': { model: { ...EMPTY_MODEL, kiosk: { state: 'storeError', advice: 'tooNew' } } },
  'setup-assignment-refused': {
    model: { ...EMPTY_MODEL, outbox: { waitingCount: 0, alarm: 'assignment', refused: [] } },
  },
  'setup-code-date': {
    model: notEnrolled(false),
    session: { enrolling: { isAsking: false, refusal: { why: 'certificateDate' }, atMs: 0 } },
  },
  'setup-code-refused': {
    model: notEnrolled(false),
    session: { enrolling: { isAsking: false, refusal: { why: 'codeRefused' }, atMs: 0 } },
  },
  'setup-revoked-waiting': {
    model: fixtures.door(null, {
      link: fixtures.link({ status: 'offline', reason: 'revoked' }),
    }),
  },
} satisfies Record<string, Fixture>

/** Every picture of the gallery by name. A new state without a picture does not compile. */
export const SCREENS: ReadonlyMap<string, Fixture> = new Map<string, Fixture>([
  ...named('door', door),
  ...named('entrance', entrance),
  ...named('report', report),
  ...named('overlay', overlay),
  ...Object.entries(more),
])

function named(family: string, fixturesByName: Record<string, Fixture>): [string, Fixture][] {
  return Object.entries(fixturesByName).map(([name, fixture]) => [`${family}-${name}`, fixture])
}

function notEnrolled(wasRevoked: boolean): KioskModel {
  const hubUrl = 'https://hub.lipnik.example'
  return { ...EMPTY_MODEL, kiosk: { state: 'notEnrolled', name: 'Door 101', hubUrl, wasRevoked } }
}

function moved(): KioskModel {
  const model = fixtures.door(null)
  if (model.kiosk.state !== 'enrolled') return model
  return { ...model, kiosk: { ...model.kiosk, movedAtMs: NOW_MS - 2_000 } }
}

function noticed(): KioskModel {
  const link = fixtures.link({
    status: 'offline',
    lastContactMs: NOW_MS - 12 * 60_000,
    reason: 'certificateDate',
  })
  const outbox: KioskModel['outbox'] = {
    waitingCount: 3,
    alarm: 'outboxReset',
    refused: [{ mutationId: 5, kind: 'report', why: 'spaceDeleted' }],
  }
  return fixtures.door({ level: 1, minutesAgo: 14 }, { link, outbox })
}

function waitingToSend(): KioskModel {
  const link = fixtures.link({ status: 'offline', lastContactMs: NOW_MS - 2 * 60_000, reason: null })
  const outbox: KioskModel['outbox'] = { waitingCount: 1, alarm: null, refused: [] }
  return fixtures.door({ level: 1, minutesAgo: 2 }, { link, outbox })
}

function saving(isSlow: boolean): Extract<ReportStep, { step: 'saving' }> {
  return { step: 'saving', spaceId: ROOM_ID, level: 1, attempt: 1, sinceMs: 0, isSlow }
}

function thanks(spaceId: number): Extract<ReportStep, { step: 'thanks' }> {
  return { step: 'thanks', spaceId, level: 1, mutationId: 7, undoUntilMs: 4_000 }
}

function diagnostics(): Overlay {
  return {
    name: 'diagnostics',
    isInBrowser: false,
    facts: {
      kioskId: 17,
      hubUrl: 'https://hub.lipnik.example',
      appVersion: '0.1.0',
      keyGrade: 'file',
      epoch: 'q7Wm2c1pTfE',
      cursor: 48_211,
      waitingCount: 0,
      rowCount: 29,
      clockOffsetMs: -412,
      clockOffsetPlusMinusMs: 38,
      lastContactMs: NOW_MS - 2_000,
      mismatchCount: 0,
      cacheResetCount: 1,
    },
  }
}
