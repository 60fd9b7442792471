import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { Type } from 'typebox'
import { describe, expect, it } from 'vitest'
import { CAPABILITIES_BEFORE_3, kindCapability, rowsCapability } from '#shared/wire/capabilities.ts'
import type { CollectionRows } from '#shared/wire/messages.ts'
import { openEngine } from '../api/engine.ts'
import { appendMutation } from '../commands/append-mutation.ts'
import type { Core, EngineOptions } from '../core/core.ts'
import { makeCore } from '../core/make-core.ts'
import { makeKinds, type Fold, type Kind } from '../kinds/kind.ts'
import { isOverlaid } from '../kinds/pending-mutation.ts'
import { reportKind } from '../kinds/report.ts'
import { spaceFold } from '../kinds/space-fold.ts'
import { withdrawKind } from '../kinds/withdraw.ts'
import { shownRow } from '../screen/overlay.ts'
import { openStores } from '../store/stores.ts'
import {
  ack,
  ASSIGNMENT,
  beat,
  changesOf,
  digestOf,
  LIBRARY,
  openTestKiosk,
  reconnect,
  reopen,
  rowOf,
  untilReconnected,
  welcome,
  type TestKiosk,
} from '../testing/test-engine.ts'
import { makeCollections, type Collection, type ConfirmedRow } from './collection.ts'
import { hoursCollection } from './hours.ts'
import { spaceCollection } from './spaces.ts'

// A collection that nobody but this file knows, of rows on the line of a space, with a kind that changes them: both are
// registered, and everything else is as it is for all.

/** A desk of a space. */
interface Desk {
  spaceId: number
  isBroken: boolean
}

type DeskRow = ConfirmedRow<Desk, null>

const DESKS_SALT = 77

const deskCollection: Collection<Desk, null> = {
  name: 'desks',
  salt: DESKS_SALT,
  capability: rowsCapability('desks'),
  body: Type.Object({ spaceId: Type.Integer(), isBroken: Type.Boolean() }),
  noHot: null,
  groupOf: ({ spaceId }) => spaceId,
  shownWith: { collection: 'spaces', idOf: (_id, desk) => desk?.spaceId ?? null },
}

/** "This desk is broken / mended." */
interface MarkBody {
  desk: number
  isBroken: boolean
}

const markKind: Kind<MarkBody, null> = {
  kind: 'mark',
  schema: Type.Object({ desk: Type.Integer(), isBroken: Type.Boolean() }),
  collection: 'desks',
  rowIds: ({ desk }) => [desk],
}

const deskFold: Fold<DeskRow, boolean> = {
  collection: 'desks',
  fold: ({ body }, waiting, position) => {
    const last = waiting.findLast((mutation) => isOverlaid(mutation, position))
    return last === undefined ? body.isBroken : (last.body as MarkBody).isBroken
  },
  isSettling: () => false,
}

/** All that is registered of it. */
const WITH_DESKS: Partial<EngineOptions> = {
  collections: makeCollections([spaceCollection, hoursCollection, deskCollection]),
  kinds: makeKinds([reportKind, withdrawKind, markKind], [spaceFold, deskFold]),
}

const CAPABILITIES = [
  'rows/hours@1',
  'rows/desks@1',
  kindCapability('report'),
  kindCapability('withdraw'),
  kindCapability('mark'),
]

const HOURS = { weekly: [[1, 480, 1200]], closures: [] }

/** Rows of both collections as the hub sends them: two desks in room 3, one in room 4, and the library's hours. */
const COLLECTIONS: CollectionRows = {
  hours: [{ id: 1, clock: 1, body: HOURS }],
  desks: [
    { id: 31, clock: 3, body: { spaceId: 3, isBroken: false } },
    { id: 32, clock: 4, body: { spaceId: 3, isBroken: true } },
    { id: 41, clock: 5, body: { spaceId: 4, isBroken: false } },
  ],
}

function snapshot(kiosk: TestKiosk, collections: CollectionRows = COLLECTIONS, to = 6): void {
  const changes = changesOf({ rows: LIBRARY.map(withoutHours) })
  kiosk.hub.say({ type: 'snapshot', epoch: 'epoch-1', to, part: 1, parts: 1, changes, collections })
  kiosk.clock.advance(0)
}

function withoutHours(row: (typeof LIBRARY)[number]): (typeof LIBRARY)[number] {
  const { hours: _, ...facts } = row.facts
  return { ...row, facts }
}

function change(kiosk: TestKiosk, from: number, to: number, collections: CollectionRows): void {
  const changes = changesOf({})
  kiosk.hub.say({ type: 'changes', epoch: 'epoch-1', from, to, part: 1, parts: 1, changes, collections })
  kiosk.clock.advance(0)
}

/** An enrolled kiosk that is live under protocol 3, with the rows above. */
async function openWithDesks(options = WITH_DESKS): Promise<TestKiosk> {
  const kiosk = openTestKiosk({ options })
  const enrolled = await kiosk.engine.enrolWith('CODE')
  if (!enrolled.ok) throw new Error(enrolled.refusal.why)
  welcome(kiosk, { capabilities: CAPABILITIES })
  snapshot(kiosk)
  return kiosk
}

function heldOf(kiosk: TestKiosk, name: string): [id: number, clock: number, body: unknown][] {
  const held = kiosk.engine.readRows().collections.find((one) => one.name === name)
  return (held?.rows ?? []).map(({ id, clock, body }) => [id, clock, body])
}

const digestWith = (...rows: { id: number; clock: number; salt: number }[]): string =>
  digestOf([...LIBRARY, ...rows])

const DESKS = [31, 32, 41].map((id, index) => ({ id, clock: 3 + index, salt: DESKS_SALT }))
const OPEN_HOURS = { id: 1, clock: 1, salt: 1 }

const loggedAs = (kiosk: TestKiosk, code: string): string[] =>
  kiosk.logged.filter((line) => line.startsWith(code))

describe('[SYN-31] a further collection, registered and no more', () => {
  it('is taken from a snapshot and from changes, gone rows too, and is there after a restart', async () => {
    const kiosk = await openWithDesks()
    expect(heldOf(kiosk, 'desks').map(([id, clock]) => [id, clock])).toEqual([
      [31, 3],
      [32, 4],
      [41, 5],
    ])
    change(kiosk, 6, 8, {
      desks: [
        { id: 31, clock: 2, body: { spaceId: 3, isBroken: true } },
        { id: 32, clock: 7, body: { spaceId: 3, isBroken: false } },
        { id: 33, clock: 8, body: { spaceId: 3, isBroken: false } },
        { id: 41, clock: 8, body: null },
        { id: 99, clock: 8, body: null },
      ],
    })
    const held = [
      [31, 3, { spaceId: 3, isBroken: false }],
      [32, 7, { spaceId: 3, isBroken: false }],
      [33, 8, { spaceId: 3, isBroken: false }],
    ]
    expect(heldOf(kiosk, 'desks')).toEqual(held)
    expect(kiosk.engine.readRows()).toMatchObject({ cursor: 8, digest: digestOf(LIBRARY) })
    const again = reopen(kiosk, WITH_DESKS)
    expect(heldOf(again, 'desks')).toEqual(held)
    expect(again.engine.readRows().collections).toMatchObject([
      { name: 'hours', digest: digestOf([OPEN_HOURS]) },
      {
        name: 'desks',
        digest: digestOf(held.map(([id, clock]) => ({ id: Number(id), clock: Number(clock), salt: 77 }))),
      },
    ])
    change(again, 6, 8, {})
    welcome(again, { head: 8, capabilities: CAPABILITIES })
    expect(again.seen.link?.status).toBe('online')
    change(again, 8, 9, { desks: [{ id: 33, clock: 9, body: null }] })
    expect(heldOf(again, 'desks').map(([id]) => id)).toEqual([31, 32])
  })

  it('[SYN-9] is staged with the parts of a snapshot and switched with them, and replaced by the next one', async () => {
    const kiosk = await openWithDesks()
    const part = (number: number, rows: CollectionRows): void => {
      const changes = changesOf({ rows: number === 1 ? LIBRARY.map(withoutHours) : [] })
      const { hub, clock } = kiosk
      hub.say({
        type: 'snapshot',
        epoch: 'epoch-1',
        to: 9,
        part: number,
        parts: 2,
        changes,
        collections: rows,
      })
      clock.advance(0)
    }
    part(1, { desks: [{ id: 31, clock: 9, body: { spaceId: 3, isBroken: true } }] })
    expect(heldOf(kiosk, 'desks')).toHaveLength(3)
    part(2, {})
    expect(heldOf(kiosk, 'desks')).toEqual([[31, 9, { spaceId: 3, isBroken: true }]])
    expect(heldOf(kiosk, 'hours')).toEqual([])
  })

  it('[SYN-25] is kept in a cache that was replaced, also after a first try was rolled back', async () => {
    const kiosk = await openWithDesks()
    const file = join(kiosk.folder, 'cache.db')
    const sqlite = new Database(file)
    sqlite.pragma('wal_checkpoint(TRUNCATE)')
    sqlite.close()
    const bytes = readFileSync(file)
    writeFileSync(file, Buffer.concat([bytes.subarray(0, 100), Buffer.alloc(bytes.length - 100, 0x2a)]))
    change(kiosk, 6, 7, { desks: [{ id: 31, clock: 7, body: null }] })
    expect(loggedAs(kiosk, 'cache-reset')).toHaveLength(1)
    untilReconnected(kiosk)
    welcome(kiosk, { head: 7, capabilities: CAPABILITIES })
    const body = { spaceId: 3, isBroken: true }
    const desks = Array.from({ length: 3_000 }, (_, index) => ({ id: index + 1, clock: 7, body }))
    const { hub } = kiosk
    // Of so many rows the first are written when the connection ends.
    const changes = changesOf({})
    hub.say({ type: 'snapshot', epoch: 'epoch-1', to: 7, part: 1, parts: 1, changes, collections: { desks } })
    reconnect(kiosk)
    welcome(kiosk, { head: 7, capabilities: CAPABILITIES })
    snapshot(kiosk, COLLECTIONS, 7)
    expect(kiosk.engine.readRows().cursor).toBe(7)
    expect(heldOf(kiosk, 'desks')).toHaveLength(3)
    expect(loggedAs(kiosk, 'cache-reset')).toHaveLength(1)
  })

  it('publishes what it is shown with: where its row came, changed, moved and went', async () => {
    const kiosk = await openWithDesks()
    const told: number[][] = []
    kiosk.engine.subscribe((name, value) => {
      if (name === 'spaces' && 'spaces' in value && !value.isWhole)
        told.push(value.spaces.map(({ id }) => id).toSorted((left, right) => left - right))
    })
    change(kiosk, 6, 7, { desks: [{ id: 51, clock: 7, body: { spaceId: 5, isBroken: false } }] })
    change(kiosk, 7, 8, { desks: [{ id: 51, clock: 8, body: { spaceId: 4, isBroken: false } }] })
    change(kiosk, 8, 9, { desks: [{ id: 51, clock: 9, body: null }] })
    change(kiosk, 9, 10, { hours: [{ id: 1, clock: 10, body: null }] })
    expect(told).toEqual([[5], [4, 5], [4], [1]])
  })

  it('publishes after a snapshot also that with which a row was shown that is elsewhere now, or is there no more', async () => {
    const kiosk = await openWithDesks()
    const told = new Set<number>()
    kiosk.engine.subscribe((name, value) => {
      if (name === 'spaces' && 'spaces' in value && !value.isWhole)
        for (const { id } of value.spaces) told.add(id)
    })
    // Of two desks in room 3 one is in room 5 now; that of room 4 is gone.
    const desks = [
      { id: 31, clock: 3, body: { spaceId: 3, isBroken: false } },
      { id: 32, clock: 7, body: { spaceId: 5, isBroken: true } },
    ]
    snapshot(kiosk, { desks }, 7)
    expect(heldOf(kiosk, 'desks').map(([id]) => id)).toEqual([31, 32])
    for (const id of [3, 4, 5]) expect([...told]).toContain(id)
  })

  it('what nobody asked for or nobody can read is left out, counted, and logged once; the rest is applied', async () => {
    const kiosk = await openWithDesks()
    const bad = { spaceId: 'three', isBroken: false }
    change(kiosk, 6, 7, {
      desks: [
        { id: 33, clock: 7, body: bad },
        { id: 34, clock: 7, body: bad },
        { id: 31, clock: 7, body: { spaceId: 3, isBroken: true } },
      ],
      lamps: [{ id: 1, clock: 7, body: {} }],
    })
    change(kiosk, 7, 8, { lamps: [{ id: 1, clock: 8, body: {} }], desks: [{ id: 33, clock: 8, body: bad }] })
    expect(kiosk.engine.readRows().cursor).toBe(8)
    expect(heldOf(kiosk, 'desks')).toContainEqual([31, 7, { spaceId: 3, isBroken: true }])
    expect(loggedAs(kiosk, 'rows-left-out')).toEqual([
      'rows-left-out {"collection":"desks","why":"malformed","count":1,"inAll":1}',
      'rows-left-out {"collection":"lamps","why":"notAsked","count":1,"inAll":3}',
    ])
    expect(kiosk.hub.isOpen()).toBe(true)
  })

  it('[SYN-34] one that the hub has not named on this connection is left out', async () => {
    const kiosk = await openWithDesks()
    const before = heldOf(kiosk, 'desks')
    reconnect(kiosk)
    welcome(kiosk, { capabilities: ['rows/hours@1', ...CAPABILITIES_BEFORE_3] })
    change(kiosk, 6, 7, { desks: [{ id: 31, clock: 7, body: { spaceId: 3, isBroken: true } }] })
    expect(heldOf(kiosk, 'desks')).toEqual(before)
    expect(kiosk.engine.readRows().cursor).toBe(7)
    expect(loggedAs(kiosk, 'rows-left-out')).toEqual([
      'rows-left-out {"collection":"desks","why":"notAsked","count":1,"inAll":1}',
    ])
  })

  it('[SYN-33] one that cannot be read keeps its clock, so that the digest is the hub’s, also after a restart', async () => {
    const kiosk = await openWithDesks()
    change(kiosk, 6, 7, { desks: [{ id: 33, clock: 7, body: { spaceId: 'three' } }] })
    const digest = digestWith(OPEN_HOURS, ...DESKS, { id: 33, clock: 7, salt: DESKS_SALT })
    beat(kiosk, 7, digest)
    expect(loggedAs(kiosk, 'digest-mismatch')).toEqual([])
    const again = reopen(kiosk, WITH_DESKS)
    welcome(again, { head: 7, capabilities: CAPABILITIES })
    beat(again, 7, digest)
    expect(loggedAs(again, 'digest-mismatch')).toEqual([])
    change(again, 7, 8, { desks: [{ id: 33, clock: 8, body: null }] })
    beat(again, 8, digestWith(OPEN_HOURS, ...DESKS))
    expect(loggedAs(again, 'digest-mismatch')).toEqual([])
  })

  it('is refused registration under a name or salt that is taken, or a name that is none', () => {
    const named = (name: string, salt: number): Collection => ({ ...deskCollection, name, salt })
    expect(() => makeCollections([named('desks', 1), named('desks', 2)])).toThrow(
      'two collections have one name',
    )
    expect(() => makeCollections([named('desks', 1), named('lamps', 1)])).toThrow(
      'two collections have one salt',
    )
    expect(() => makeCollections([named('desks; drop', 1)])).toThrow('cannot name a collection')
  })
})

describe('the digest', () => {
  it('[SYN-33] covers the rows of all collections that this connection is sent, each with its salt', async () => {
    const kiosk = await openWithDesks()
    beat(kiosk, 6, digestWith(OPEN_HOURS, ...DESKS))
    expect(loggedAs(kiosk, 'digest-mismatch')).toEqual([])
    beat(kiosk, 6, digestOf(LIBRARY))
    expect(loggedAs(kiosk, 'digest-mismatch')).toHaveLength(1)
    kiosk.clock.advance(10_000)
    expect(kiosk.hub.last('pull')).toEqual({ type: 'pull', cursor: 0, isLost: true })
  })

  it('[SYN-33] leaves out a collection that the hub has not named, and on protocol 2 is over spaces alone', async () => {
    const kiosk = await openWithDesks()
    reconnect(kiosk)
    welcome(kiosk, { capabilities: ['rows/hours@1', ...CAPABILITIES_BEFORE_3] })
    beat(kiosk, 6, digestWith(OPEN_HOURS))
    reconnect(kiosk)
    welcome(kiosk)
    beat(kiosk, 6, digestOf(LIBRARY))
    expect(loggedAs(kiosk, 'digest-mismatch')).toEqual([])
  })

  it('[SYN-14] that goes on differing asks for all rows at ever longer intervals, until it agrees', async () => {
    const kiosk = await openWithDesks()
    const waits: number[] = []
    for (let turn = 0; turn < 6; turn += 1) {
      const pulls = kiosk.hub.all('pull').length
      beat(kiosk, 6, '0000000000000000')
      const startMs = kiosk.clock.elapsedMs()
      while (kiosk.hub.all('pull').length === pulls) {
        kiosk.clock.advance(1_000)
        kiosk.hub.pong()
        beat(kiosk, 6, '0000000000000000')
      }
      waits.push(kiosk.clock.elapsedMs() - startMs)
      snapshot(kiosk)
    }
    expect(Math.max(...waits)).toBeGreaterThan(20_000)
    beat(kiosk, 6, digestWith(OPEN_HOURS, ...DESKS))
    beat(kiosk, 6, '0000000000000000')
    kiosk.clock.advance(10_000)
    expect(kiosk.hub.all('pull')).toHaveLength(7)
  })
})

/** The parts of an engine over the files of a kiosk that has stopped. */
function coreOf(kiosk: TestKiosk): Core {
  const held: { options: EngineOptions | null } = { options: null }
  const { folder, clock, hub } = kiosk
  const open = (options: EngineOptions): ReturnType<typeof openEngine> => {
    held.options = options
    return openEngine(options)
  }
  openTestKiosk({ folder, clock, hub, options: WITH_DESKS, open }).engine.stop()
  const opened = openStores(folder, { info: () => undefined, warn: () => undefined })
  if (!opened.ok || held.options === null) throw new Error('the stores cannot be opened')
  return makeCore(held.options, opened.value)
}

const mark = (desk: number, isBroken: boolean) => ({
  kind: markKind,
  body: { desk, isBroken },
  before: null,
  target: null,
  notBeforeMs: 0,
})

describe('a mutation on a row of a further collection', () => {
  it('[SYN-19] is shown on it until the rows contain it, through a restart, the ack and the changed row', async () => {
    const kiosk = await openWithDesks()
    kiosk.engine.stop()
    const core = coreOf(kiosk)
    const shown = (of: Core, id: number): boolean | null => {
      const row = of.mirror.of(deskCollection).get(id)
      return row === undefined ? null : shownRow(of, deskFold, row)
    }
    expect([shown(core, 31), shown(core, 32), shown(core, 99)]).toEqual([false, true, null])
    expect(appendMutation(core, mark(31, true))).toEqual({ ok: true, value: 1 })
    expect([shown(core, 31), shown(core, 32)]).toEqual([true, true])
    expect(core.mirror.of(deskCollection).idsOfGroup(3)).toEqual([31, 32])
    core.stores.close()
    const next = reopen(kiosk, WITH_DESKS)
    welcome(next, { capabilities: CAPABILITIES })
    expect(next.hub.last('push')?.mutations).toMatchObject([
      { id: 1, kind: 'mark', body: { desk: 31, isBroken: true } },
    ])
    ack(next, 1, 7)
    next.engine.stop()
    const acked = coreOf(next)
    expect(shown(acked, 31)).toBe(true)
    acked.stores.close()
    const last = reopen(next, WITH_DESKS)
    welcome(last, { head: 8, lastMutationId: 1, capabilities: CAPABILITIES })
    // Somebody mended it after this kiosk's mark.
    change(last, 6, 8, { desks: [{ id: 31, clock: 8, body: { spaceId: 3, isBroken: false } }] })
    last.engine.stop()
    const after = coreOf(last)
    expect(shown(after, 31)).toBe(false)
    expect(after.pending.ofRow('desks', 31)).toEqual([])
    after.stores.close()
  })
})

describe('capabilities', () => {
  it('[SYN-34] [SYN-35] a hello of protocol 3 names what is registered and what is held; before, it has neither', async () => {
    const kiosk = openTestKiosk({ options: WITH_DESKS })
    await kiosk.engine.enrolWith('CODE')
    welcome(kiosk, { capabilities: CAPABILITIES })
    expect(kiosk.hub.last('hello')).toMatchObject({
      protocol: 3,
      capabilities: CAPABILITIES,
      holds: { spaceId: null, collections: [] },
    })
    snapshot(kiosk)
    reconnect(kiosk)
    welcome(kiosk, { capabilities: CAPABILITIES })
    const holds = { spaceId: 2, collections: ['rows/hours@1', 'rows/desks@1'] }
    expect(kiosk.hub.last('hello')).toMatchObject({ cursor: 6, holds })
    const again = reopen(kiosk, WITH_DESKS)
    welcome(again, { capabilities: CAPABILITIES })
    expect(again.hub.last('hello')).toMatchObject({ cursor: 6, holds })
    reconnect(again)
    welcome(again)
    const old = again.hub.last('hello')
    expect(old).toMatchObject({ protocol: 2, cursor: 6 })
    expect(Object.keys(old ?? {}).filter((key) => key === 'capabilities' || key === 'holds')).toEqual([])
  })

  it('[SYN-34] a kind that the hub has not named is refused before it is stored, also after a restart without a hub', async () => {
    const kiosk = await openWithDesks()
    reconnect(kiosk)
    welcome(kiosk, { capabilities: ['rows/hours@1', kindCapability('report')] })
    const made = await kiosk.engine.call('reportOccupancy', { spaceId: 3, level: 1 })
    expect(made).toMatchObject({ ok: true })
    expect(await kiosk.engine.call('withdrawReport', { mutationId: 1 })).toEqual({
      ok: false,
      refusal: { why: 'hubTooOld' },
    })
    expect(kiosk.seen.outbox?.waitingCount).toBe(1)
    const again = reopen(kiosk, WITH_DESKS)
    expect(await again.engine.call('withdrawReport', { mutationId: 1 })).toMatchObject({
      refusal: { why: 'hubTooOld' },
    })
    welcome(again, { capabilities: CAPABILITIES })
    expect(await again.engine.call('withdrawReport', { mutationId: 1 })).toMatchObject({ ok: true })
  })

  it('[SYN-34] a fresh device drafts what every hub takes, and no more', async () => {
    const kiosk = openTestKiosk({ options: WITH_DESKS })
    await kiosk.engine.enrolWith('CODE')
    kiosk.engine.stop()
    const core = coreOf(kiosk)
    expect(appendMutation(core, mark(31, true))).toEqual({ ok: false, refusal: { why: 'hubTooOld' } })
    expect(core.stores.outbox.waitingCount()).toBe(0)
    expect([...core.capabilities.current]).toEqual(CAPABILITIES_BEFORE_3)
    core.stores.close()
  })

  it('[SYN-34] a push stops before a kind that the hub has not named; it waits, and goes to a hub that takes it', async () => {
    const kiosk = await openWithDesks()
    kiosk.engine.stop()
    const core = coreOf(kiosk)
    const before = { level: null, reportedAtMs: null }
    const tap = {
      kind: reportKind,
      body: { spaceId: 3, level: 1 as const },
      before,
      target: null,
      notBeforeMs: 0,
    }
    appendMutation(core, tap)
    appendMutation(core, mark(31, true))
    appendMutation(core, { ...tap, body: { spaceId: 4, level: 1 } })
    core.stores.close()
    const next = reopen(kiosk, WITH_DESKS)
    welcome(next, { capabilities: ['rows/hours@1', ...CAPABILITIES_BEFORE_3] })
    expect(next.hub.last('push')?.mutations.map(({ id }) => id)).toEqual([1])
    ack(next, 1, 6)
    for (let turn = 0; turn < 8; turn += 1) {
      next.clock.advance(5_000)
      next.hub.pong()
      beat(next, 6)
    }
    expect(next.hub.all('push')).toHaveLength(1)
    expect(next.seen.outbox).toMatchObject({ waitingCount: 2 })
    expect(loggedAs(next, 'mutation-held-back')).toEqual(['mutation-held-back {"kind":"mark"}'])
    reconnect(next)
    welcome(next, { lastMutationId: 1, capabilities: CAPABILITIES })
    expect(next.hub.last('push')?.mutations.map(({ id }) => id)).toEqual([2, 3])
  })

  it('[SYN-34] on protocol 2 reports and undos are pushed, whatever waits behind them', async () => {
    const kiosk = await openWithDesks()
    kiosk.engine.stop()
    const core = coreOf(kiosk)
    appendMutation(core, mark(31, true))
    core.stores.close()
    const next = reopen(kiosk, WITH_DESKS)
    welcome(next)
    expect(next.hub.last('push')).toBeUndefined()
    expect(next.hub.isOpen()).toBe(true)
    expect(next.seen.outbox).toMatchObject({ waitingCount: 1 })
  })
})

describe('the scope of a kiosk', () => {
  it('[SYN-32] [SYN-35] when it moves, what it held is shown until a snapshot replaces it, and only then is it held for the new space', async () => {
    const kiosk = await openWithDesks()
    kiosk.hub.say({ type: 'assignment', assignment: { ...ASSIGNMENT, spaceId: 4 } })
    kiosk.clock.advance(0)
    expect(heldOf(kiosk, 'desks')).toHaveLength(3)
    change(kiosk, 6, 7, { desks: [{ id: 41, clock: 7, body: { spaceId: 4, isBroken: true } }] })
    reconnect(kiosk)
    welcome(kiosk, { head: 7, assignment: { ...ASSIGNMENT, spaceId: 4 }, capabilities: CAPABILITIES })
    expect(kiosk.hub.last('hello')?.holds?.spaceId).toBe(2)
    snapshot(kiosk, { desks: [{ id: 41, clock: 7, body: { spaceId: 4, isBroken: true } }] }, 7)
    expect(heldOf(kiosk, 'desks').map(([id]) => id)).toEqual([41])
    reconnect(kiosk)
    welcome(kiosk, { head: 7, assignment: { ...ASSIGNMENT, spaceId: 4 }, capabilities: CAPABILITIES })
    expect(kiosk.hub.last('hello')?.holds).toEqual({
      spaceId: 4,
      collections: ['rows/hours@1', 'rows/desks@1'],
    })
  })

  it('[SYN-35] a snapshot that began before the move is held for the space before it', async () => {
    const kiosk = await openWithDesks()
    const part = (number: number): void => {
      const changes = changesOf({ rows: number === 1 ? LIBRARY.map(withoutHours) : [] })
      kiosk.hub.say({ type: 'snapshot', epoch: 'epoch-1', to: 9, part: number, parts: 2, changes })
      kiosk.clock.advance(0)
    }
    part(1)
    kiosk.hub.say({ type: 'assignment', assignment: { ...ASSIGNMENT, spaceId: 4 } })
    part(2)
    reconnect(kiosk)
    welcome(kiosk, { head: 9, assignment: { ...ASSIGNMENT, spaceId: 4 }, capabilities: CAPABILITIES })
    expect(kiosk.hub.last('hello')?.holds?.spaceId).toBe(2)
  })

  it('[SYN-31] a collection that this version does not hold any more goes with the next snapshot, and is not said to be held', async () => {
    const kiosk = await openWithDesks()
    const older = reopen(kiosk)
    welcome(older, { capabilities: ['rows/hours@1', ...CAPABILITIES_BEFORE_3] })
    expect(older.hub.last('hello')).toMatchObject({
      capabilities: ['rows/hours@1', ...CAPABILITIES_BEFORE_3],
      holds: { spaceId: 2, collections: ['rows/hours@1', 'rows/desks@1'] },
    })
    snapshot(older, { hours: COLLECTIONS['hours'] ?? [] })
    const again = reopen(older, WITH_DESKS)
    expect(heldOf(again, 'desks')).toEqual([])
    welcome(again, { capabilities: CAPABILITIES })
    expect(again.hub.last('hello')?.holds).toEqual({ spaceId: 2, collections: ['rows/hours@1'] })
  })
})

describe('hours', () => {
  it('[SYN-31] [HRS-1] of protocol 2 come among the facts of their space, and are a row of their own all the same', async () => {
    const kiosk = openTestKiosk()
    await kiosk.engine.enrolWith('CODE')
    welcome(kiosk)
    const row = (clock: number, hours: typeof HOURS | { weekly: null; closures: [] }) => {
      const told = rowOf(3, clock, 2)
      return { ...told, facts: { ...told.facts, hours } } as ReturnType<typeof rowOf>
    }
    const rows = [...LIBRARY.filter(({ id }) => id !== 3), row(3, HOURS)]
    const { hub, clock } = kiosk
    hub.say({ type: 'snapshot', epoch: 'epoch-1', to: 6, part: 1, parts: 1, changes: changesOf({ rows }) })
    clock.advance(0)
    expect(heldOf(kiosk, 'hours')).toEqual([[3, 3, HOURS]])
    expect(kiosk.screen.get(3)?.hours).toEqual(HOURS)
    expect(kiosk.screen.get(4)?.hours).toEqual({ weekly: null, closures: [] })
    beat(kiosk, 6)
    expect(loggedAs(kiosk, 'digest-mismatch')).toEqual([])
    const say = (from: number, to: number, changed: Parameters<typeof changesOf>[0]): void => {
      const changes = changesOf(changed)
      hub.say({ type: 'changes', epoch: 'epoch-1', from, to, part: 1, parts: 1, changes })
      clock.advance(0)
    }
    say(6, 7, { levels: [[3, 7, 1, 1]] })
    expect(kiosk.screen.get(3)).toMatchObject({ level: 1, hours: HOURS })
    say(7, 8, { rows: [row(8, { weekly: null, closures: [] })] })
    expect(heldOf(kiosk, 'hours')).toEqual([])
    expect(kiosk.screen.get(3)?.hours.weekly).toBeNull()
    say(8, 9, { rows: [row(9, HOURS)] })
    expect(heldOf(kiosk, 'hours')).toEqual([[3, 9, HOURS]])
    say(9, 10, { gone: [[3, 10]] })
    expect(heldOf(kiosk, 'hours')).toEqual([])
    expect(kiosk.screen.has(3)).toBe(false)
  })

  it('[SYN-31] of protocol 3 are shown with their space when they alone change', async () => {
    const kiosk = await openWithDesks()
    expect(kiosk.screen.get(1)?.hours).toEqual(HOURS)
    const later = { weekly: [[2, 480, 1200]], closures: [] }
    change(kiosk, 6, 7, { hours: [{ id: 4, clock: 7, body: later }] })
    expect(kiosk.screen.get(4)).toMatchObject({ name: 'space 4', hours: later })
    change(kiosk, 7, 8, { hours: [{ id: 4, clock: 8, body: null }] })
    expect(kiosk.screen.get(4)?.hours).toEqual({ weekly: null, closures: [] })
  })

  it('[SYN-31] rows of protocol 2 are asked for anew once the hub speaks 3', async () => {
    const kiosk = await openWithDesks()
    reconnect(kiosk)
    welcome(kiosk, { head: 7 })
    kiosk.hub.say({
      type: 'changes',
      epoch: 'epoch-1',
      from: 6,
      to: 7,
      part: 1,
      parts: 1,
      changes: changesOf({ levels: [[3, 7, 1, 1]] }),
    })
    kiosk.clock.advance(0)
    reconnect(kiosk)
    welcome(kiosk, { head: 7, capabilities: CAPABILITIES })
    expect(kiosk.hub.last('hello')).toMatchObject({ epoch: null, cursor: 0 })
    expect(kiosk.screen.size).toBe(6)
  })
})

it('[SYN-36] a reason that this version does not know is shown as a fault of the hub, and the connection goes on', async () => {
  const kiosk = await openWithDesks()
  for (const [index, why] of ['internal', 'lampIsOff', 'composite'].entries()) {
    const id = index + 1
    await kiosk.engine.call('reportOccupancy', { spaceId: 3, level: index })
    kiosk.hub.sayText(
      JSON.stringify({ type: 'ack', lastMutationId: id, head: 6, mac: 'mac', outcomes: [{ id, why }] }),
    )
    kiosk.clock.advance(1_000)
  }
  expect(kiosk.hub.isOpen()).toBe(true)
  expect(kiosk.seen.outbox).toMatchObject({
    waitingCount: 0,
    refused: [
      { mutationId: 1, why: 'internal' },
      { mutationId: 2, why: 'internal' },
      { mutationId: 3, why: 'composite' },
    ],
  })
})
