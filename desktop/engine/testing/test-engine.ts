import { accept } from '#shared/domain/decision.ts'
import { makeSeededRandom } from '#shared/domain/seeded-random.ts'
import type { Assignment } from '#shared/domain/kiosk.ts'
import type { Level } from '#shared/domain/occupancy.ts'
import type { SpaceFacts } from '#shared/domain/space.ts'
import type { SliceName, Slices, SpaceView } from '#shared/wire/bridge.ts'
import { digestText, emptyDigest, toggleRow } from '#shared/wire/digest.ts'
import type { ChangedRows, SpaceRow } from '#shared/wire/messages.ts'
import type { EngineOptions } from '../core/core.ts'
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

/** Changed rows with what is given, nothing else. */
export function changesOf(changes: Partial<ChangedRows>): ChangedRows {
  return { rows: [], levels: [], gone: [], ...changes }
}

/** The digest that a hub would tell for these rows. */
export function digestOf(rows: readonly { id: number; clock: number }[]): string {
  const digest = emptyDigest()
  for (const { id, clock } of rows) toggleRow(digest, id, clock)
  return digestText(digest)
}

/** An engine on a folder of its own, its world in the test's hands, and a mirror of its slices. */
export interface Bench {
  engine: Engine
  folder: string
  clock: TestClock
  hub: ScriptedHub
  seen: { [Name in SliceName]?: Slices[Name] }
  /** What a screen holds after all slices so far. */
  screen: Map<number, SpaceView>
  logged: string[]
}

/** Opens an engine; a folder, clock or hub of an earlier one may be given. */
export function openBench(
  given: Partial<Pick<Bench, 'folder' | 'clock' | 'hub'>> & {
    options?: Partial<EngineOptions>
    open?: (options: EngineOptions) => Engine
  } = {},
): Bench {
  const folder = given.folder ?? scratchFolder()
  const clock = given.clock ?? makeTestClock()
  const hub = given.hub ?? makeScriptedHub()
  const random = makeSeededRandom(11)
  const logged: string[] = []
  const log = (event: string, facts?: Record<string, unknown>): void =>
    void logged.push(`${event} ${JSON.stringify(facts ?? {})}`)
  const engine = (given.open ?? openEngine)({
    folder,
    config: { name: 'Floor', hub: { url: 'http://127.0.0.1:4710' } },
    appVersion: '0.0.1',
    clock,
    dial: hub.dial,
    post: () => Promise.resolve(accept({ kioskId: 7, universityId: 1, spaceId: 2, role: 'entrance' })),
    random: random,
    secret: (byteCount) =>
      Buffer.from(Array.from({ length: byteCount }, () => random.integerBelow(256))).toString('base64url'),
    log: { info: log, warn: log },
    ...given.options,
  })
  const bench: Bench = { engine, folder, clock, hub, seen: {}, screen: new Map(), logged }
  engine.subscribe((name, value) => hearSlice(bench, name, value))
  return bench
}

function hearSlice<Name extends SliceName>(bench: Bench, name: Name, value: Slices[Name]): void {
  Object.assign(bench.seen, { [name]: value })
  if (name !== 'spaces') return
  const slice = value as Slices['spaces']
  if (slice.isWhole) bench.screen.clear()
  for (const space of slice.spaces) bench.screen.set(space.id, space)
  for (const id of slice.gone) bench.screen.delete(id)
}

/** Says a challenge and a welcome; the kiosk has dialled. */
export function welcome(
  bench: Bench,
  told: {
    head?: number
    lastMutationId?: number
    epoch?: string
    ticket?: string
    assignment?: Assignment
  } = {},
): void {
  const { hub, clock } = bench
  hub.say({ type: 'challenge', nonce: 'nonce', protocols: [2, 1] })
  hub.say({
    type: 'welcome',
    epoch: told.epoch ?? 'epoch-1',
    head: told.head ?? 6,
    mac: 'mac',
    lastMutationId: told.lastMutationId ?? 0,
    nowMs: HUB_MS + clock.elapsedMs(),
    ticket: told.ticket ?? 'ticket-1',
    assignment: told.assignment ?? ASSIGNMENT,
    limits: { heartbeatMs: 5_000, maxFrameBytes: 65_536, maxPushMutations: 64 },
  })
  clock.advance(0)
}

/** Says everything in one part. */
export function snapshot(bench: Bench, rows: SpaceRow[] = LIBRARY, to = 6, epoch = 'epoch-1'): void {
  bench.hub.say({ type: 'snapshot', epoch, to, part: 1, parts: 1, changes: changesOf({ rows }) })
  bench.clock.advance(0)
}

/** Says a heartbeat. */
export function beat(bench: Bench, head: number, digest = digestOf(LIBRARY), epoch = 'epoch-1'): void {
  const nowMs = HUB_MS + bench.clock.elapsedMs()
  bench.hub.say({ type: 'heartbeat', epoch, head, mac: `mac-${head}`, nowMs, digest })
}

/** Says that levels changed, in one live frame. */
export function levels(bench: Bench, from: number, to: number, rows: ChangedRows['levels']): void {
  bench.hub.say({
    type: 'changes',
    epoch: 'epoch-1',
    from,
    to,
    part: 1,
    parts: 1,
    changes: changesOf({ levels: rows }),
  })
  bench.clock.advance(0)
}

/** Says that all up to an id is settled. */
export function ack(bench: Bench, lastMutationId: number, head: number): void {
  bench.hub.say({ type: 'ack', lastMutationId, head, mac: `mac-${head}`, outcomes: [] })
  bench.clock.advance(0)
}

/** An enrolled engine that is live over the test library. */
export async function openLiveBench(given: Parameters<typeof openBench>[0] = {}): Promise<Bench> {
  const bench = openBench(given)
  const enrolled = await bench.engine.enrolWith('CODE')
  if (!enrolled.ok) throw new Error(enrolled.refusal.why)
  welcome(bench)
  snapshot(bench)
  return bench
}

/** The process ends without a word and another one opens the same folder. */
export function reopen(bench: Bench, options: Partial<EngineOptions> = {}): Bench {
  bench.engine.stop()
  const next = openBench({ folder: bench.folder, clock: bench.clock, hub: bench.hub, options })
  next.engine.start()
  return next
}

/** Lets time pass until the kiosk dials anew; returns how long that took. */
export function untilDialled(bench: Bench): number {
  const { clock, hub } = bench
  const before = hub.dialled()
  const startMs = clock.elapsedMs()
  while (hub.dialled() === before && clock.elapsedMs() - startMs < 400_000) clock.advance(100)
  if (hub.dialled() === before) throw new Error('the kiosk did not dial again')
  return clock.elapsedMs() - startMs
}

/** The line ends and the next is dialled after its wait. */
export function redial(bench: Bench): void {
  bench.hub.cut()
  untilDialled(bench)
}

/** Reports as a finger does; throws where the engine refuses. */
export async function report(bench: Bench, spaceId: number, level: number): Promise<void> {
  const answer = await bench.engine.call('reportOccupancy', { spaceId, level })
  if (!answer.ok) throw new Error(answer.refusal.why)
}
