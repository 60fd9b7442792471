import { accept } from '#shared/domain/decision.ts'
import { makeSeededRandom } from '#shared/domain/seeded-random.ts'
import type { Assignment } from '#shared/domain/kiosk.ts'
import type { Level } from '#shared/domain/occupancy.ts'
import type { SpaceFacts } from '#shared/domain/space.ts'
import type { SliceName, Slices, SpaceView } from '#shared/wire/bridge.ts'
import { digestText, emptyDigest, toggleRow } from '#shared/wire/digest.ts'
import type { ChangedRows, Resume, SpaceRow } from '#shared/wire/messages.ts'
import type { EngineOptions } from '../core/core.ts'
import type { LogFacts } from '../log/engine-log.ts'
import { openEngine } from '../api/engine.ts'
import { type Engine } from '../api/engine-api.ts'
import {
  HUB_MS,
  makeScriptedHub,
  makeTestClock,
  scratchFolder,
  type ScriptedHub,
  type TestClock,
} from './scripted-hub.ts'

/** Facts of a space with nothing special. */
export function factsOf(name: string, parentId: number | null): SpaceFacts {
  return {
    parentId,
    name,
    kind: 'room',
    location: null,
    details: {},
    capacity: null,
    hours: { weekly: null, closures: [] },
  }
}

/** A row as the hub sends it. */
export function rowOf(
  id: number,
  clock: number,
  parentId: number | null,
  level: Level | null = null,
  reportedAtMs: number | null = null,
): SpaceRow {
  return { id, clock, level, reportedAtMs, facts: factsOf(`space ${id}`, parentId) }
}

/** The test library: 1 library; 2 floor; 3, 4, 5 rooms on it; 6 another floor's room. */
export const LIBRARY: SpaceRow[] = [
  rowOf(1, 1, null),
  rowOf(2, 2, 1),
  rowOf(3, 3, 2),
  rowOf(4, 4, 2),
  rowOf(5, 5, 2),
  rowOf(6, 6, 1),
]

/** Where the test kiosk stands: at the floor, space 2. */
export const ASSIGNMENT: Assignment = {
  kioskId: 7,
  kioskName: 'Floor',
  universityId: 1,
  universityName: 'Test University',
  spaceId: 2,
  role: 'entrance',
  timezone: 'Europe/Ljubljana',
  locale: 'en',
  staleMs: 7_200_000,
  reportsPerSecond: 2,
  idleMs: 75_000,
}

/** An enrolment as a kiosk posts it; its signature is none. */
export const ENROL_REQUEST = {
  code: 'CODE',
  publicKey: 'A'.repeat(43),
  name: 'Floor',
  keyGrade: 'file' as const,
  appVersion: '0.0.1',
  proof: 'proof',
}

/** Changed rows with what is given, nothing else. */
export function changesOf(changes: Partial<ChangedRows>): ChangedRows {
  return { rows: [], levels: [], gone: [], ...changes }
}

/** The digest that a hub would send for these rows; `salt` is that of their collection, 0 of spaces. */
export function digestOf(rows: readonly { id: number; clock: number; salt?: number }[]): string {
  const digest = emptyDigest()
  for (const { id, clock, salt } of rows) toggleRow(digest, id, clock, salt)
  return digestText(digest)
}

/** An engine on a folder of its own, with a clock and a hub that the test controls, and what its screen received. */
export interface TestKiosk {
  engine: Engine
  folder: string
  clock: TestClock
  hub: ScriptedHub
  seen: { [Name in SliceName]?: Slices[Name] }
  /** What a screen holds after all slices so far. */
  screen: Map<number, SpaceView>
  /** Lines of the log: code and facts. */
  logged: string[]
}

/** Opens an engine; a folder, clock or hub of an earlier one may be given. */
export function openTestKiosk(
  given: Partial<Pick<TestKiosk, 'folder' | 'clock' | 'hub'>> & {
    options?: Partial<EngineOptions>
    open?: (options: EngineOptions) => Engine
  } = {},
): TestKiosk {
  const folder = given.folder ?? scratchFolder()
  const clock = given.clock ?? makeTestClock()
  const hub = given.hub ?? makeScriptedHub()
  const random = makeSeededRandom(11)
  const logged: string[] = []
  const log = (code: string, _sentence: string, facts?: LogFacts): void =>
    void logged.push(`${code} ${JSON.stringify(facts ?? {})}`)
  const engine = (given.open ?? openEngine)({
    folder,
    config: { name: 'Floor', hub: { url: 'http://127.0.0.1:4710' } },
    appVersion: '0.0.1',
    clock,
    connect: hub.connect,
    postEnrolment: () =>
      Promise.resolve(accept({ kioskId: 7, universityId: 1, spaceId: 2, role: 'entrance' })),
    random,
    makeSecret: (byteCount) =>
      Buffer.from(Array.from({ length: byteCount }, () => random.integerBelow(256))).toString('base64url'),
    log: { info: log, warn: log },
    ...given.options,
  })
  const kiosk: TestKiosk = { engine, folder, clock, hub, seen: {}, screen: new Map(), logged }
  engine.subscribe((name, value) => recordSlice(kiosk, name, value))
  return kiosk
}

function recordSlice<Name extends SliceName>(kiosk: TestKiosk, name: Name, value: Slices[Name]): void {
  Object.assign(kiosk.seen, { [name]: value })
  if (name !== 'spaces') return
  const slice = value as Slices['spaces']
  if (slice.isWhole) kiosk.screen.clear()
  for (const space of slice.spaces) kiosk.screen.set(space.id, space)
  for (const id of slice.gone) kiosk.screen.delete(id)
}

/** Sends a challenge and a welcome; the kiosk has connected: under protocol 3 where capabilities are given, else under 2. */
export function welcome(
  kiosk: TestKiosk,
  fields: {
    head?: number
    lastMutationId?: number
    epoch?: string
    ticket?: string
    assignment?: Assignment
    capabilities?: string[]
    resume?: Resume
    protocols?: number[]
  } = {},
): void {
  const { hub, clock } = kiosk
  const { capabilities } = fields
  const protocols = fields.protocols ?? (capabilities === undefined ? [2, 1] : [3, 2, 1])
  hub.say({ type: 'challenge', nonce: 'nonce', protocols })
  hub.say({
    type: 'welcome',
    epoch: fields.epoch ?? 'epoch-1',
    head: fields.head ?? 6,
    mac: 'mac',
    lastMutationId: fields.lastMutationId ?? 0,
    nowMs: HUB_MS + clock.elapsedMs(),
    ticket: fields.ticket ?? 'ticket-1',
    assignment: fields.assignment ?? ASSIGNMENT,
    limits: { heartbeatMs: 5_000, maxFrameBytes: 65_536, maxPushMutations: 64 },
    ...(capabilities === undefined ? {} : { capabilities }),
    ...(fields.resume && { resume: fields.resume }),
  })
  clock.advance(0)
}

/** Sends all rows in one part. */
export function snapshot(kiosk: TestKiosk, rows: SpaceRow[] = LIBRARY, to = 6, epoch = 'epoch-1'): void {
  kiosk.hub.say({ type: 'snapshot', epoch, to, part: 1, parts: 1, changes: changesOf({ rows }) })
  kiosk.clock.advance(0)
}

/** Sends a heartbeat. */
export function beat(kiosk: TestKiosk, head: number, digest = digestOf(LIBRARY), epoch = 'epoch-1'): void {
  const nowMs = HUB_MS + kiosk.clock.elapsedMs()
  kiosk.hub.say({ type: 'heartbeat', epoch, head, mac: `mac-${head}`, nowMs, digest })
}

/** Sends changed levels in one live frame. */
export function levels(kiosk: TestKiosk, from: number, to: number, rows: ChangedRows['levels']): void {
  kiosk.hub.say({
    type: 'changes',
    epoch: 'epoch-1',
    from,
    to,
    part: 1,
    parts: 1,
    changes: changesOf({ levels: rows }),
  })
  kiosk.clock.advance(0)
}

/** Acknowledges all up to an id. */
export function ack(kiosk: TestKiosk, lastMutationId: number, head: number): void {
  kiosk.hub.say({ type: 'ack', lastMutationId, head, mac: `mac-${head}`, outcomes: [] })
  kiosk.clock.advance(0)
}

/** An enrolled engine that is live over the test library. */
export async function openLiveTestKiosk(given: Parameters<typeof openTestKiosk>[0] = {}): Promise<TestKiosk> {
  const kiosk = openTestKiosk(given)
  const enrolled = await kiosk.engine.enrolWith('CODE')
  if (!enrolled.ok) throw new Error(enrolled.refusal.why)
  welcome(kiosk)
  snapshot(kiosk)
  return kiosk
}

/** Stops the engine and opens another one on the same folder. */
export function reopen(kiosk: TestKiosk, options: Partial<EngineOptions> = {}): TestKiosk {
  kiosk.engine.stop()
  const next = openTestKiosk({ folder: kiosk.folder, clock: kiosk.clock, hub: kiosk.hub, options })
  next.engine.start()
  return next
}

/** Lets time pass until the kiosk connects again; returns how long that took, in ms. */
export function untilReconnected(kiosk: TestKiosk): number {
  const { clock, hub } = kiosk
  const before = hub.connectionCount()
  const startMs = clock.elapsedMs()
  while (hub.connectionCount() === before && clock.elapsedMs() - startMs < 400_000) clock.advance(100)
  if (hub.connectionCount() === before) throw new Error('the kiosk did not connect again')
  return clock.elapsedMs() - startMs
}

/** Ends the connection, and lets time pass until the next. */
export function reconnect(kiosk: TestKiosk): void {
  kiosk.hub.cut()
  untilReconnected(kiosk)
}

/** Reports a level; throws where the engine refuses. */
export async function report(kiosk: TestKiosk, spaceId: number, level: number): Promise<void> {
  const answer = await kiosk.engine.call('reportOccupancy', { spaceId, level })
  if (!answer.ok) throw new Error(answer.refusal.why)
}
