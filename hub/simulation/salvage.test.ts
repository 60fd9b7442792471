import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { makeSeededRandom } from '#shared/domain/seeded-random.ts'
import { makeDeviceClock } from '../../desktop/engine/clock/device-clock.ts'
import { openEngine } from '../../desktop/engine/api/engine.ts'
import { type Engine } from '../../desktop/engine/api/engine-api.ts'
import { makePostEnrolment } from '../../desktop/engine/sync/post-enrolment.ts'
import { exportOutboxes } from '../../desktop/engine/store/export-outbox.ts'
import { makeWebSocketConnect } from '../../desktop/engine/sync/websocket-connection.ts'
import { createEnrolment } from '../kiosks/enrol-kiosk.ts'
import { makeRandomSource } from '../platform/clock.ts'
import { startScratchServer, type ScratchServer, type TestDatabase } from '../platform/postgres/testing.ts'
import { rollEpoch } from '../platform/writer/epoch.ts'
import { makeUniversity } from './campus.ts'
import { HubHost } from './hub-host.ts'
import { loadSettled } from './ledger.ts'

// An outbox that breaks, with a real hub behind it: files, sockets, processes and the database are real.

const PAGE_BYTES = 4096

let server: ScratchServer
/** The kiosk's own. */
let folder: string
let database: TestDatabase
let hub: HubHost
let engines: Engine[]
let universityId: number
let rooms: number[]

beforeAll(async () => {
  server = await startScratchServer()
}, 60_000)
afterAll(() => server.stop())
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'carrel-salvage-'))
  database = await server.makeDatabase()
  hub = new HubHost(database.url)
  engines = []
})
afterEach(async () => {
  for (const engine of engines.slice(-1)) engine.stop()
  await hub.remove()
  await database.pool.end()
  rmSync(folder, { recursive: true, force: true })
})

function open(hubUrl: string): Engine {
  return openEngine({
    folder,
    config: { name: 'Floor', hub: { url: hubUrl } },
    appVersion: 'simulation',
    clock: makeDeviceClock(),
    connect: makeWebSocketConnect(null),
    postEnrolment: makePostEnrolment(null),
    random: makeSeededRandom(5),
    makeSecret: (byteCount) => Buffer.alloc(byteCount, Math.random().toString(36)).toString('base64url'),
    log: { info: () => undefined, warn: () => undefined },
  })
}

/** What was published last to a kiosk's screen of its outbox and its connection. */
function watch(engine: Engine): { waiting: number; alarm: string | null; status: string } {
  const seen = { waiting: -1, alarm: null as string | null, status: '' }
  engine.subscribe((name, value) => {
    if (name === 'link') seen.status = (value as { status: string }).status
    if (name !== 'outbox') return
    const { waitingCount, alarm } = value as { waitingCount: number; alarm: string | null }
    Object.assign(seen, { waiting: waitingCount, alarm })
  })
  return seen
}

async function untilSent(engine: Engine): Promise<void> {
  const seen = watch(engine)
  await vi.waitUntil(() => seen.waiting === 0 && seen.status === 'online', { timeout: 40_000, interval: 20 })
}

/** So many taps from a number on, none of which says again what is shown. Every one of them is promised. */
async function tap(engine: Engine, spaceIds: readonly number[], from: number, count: number): Promise<void> {
  for (let index = from; index < from + count; index += 1) {
    const input = {
      spaceId: spaceIds[index % spaceIds.length],
      level: Math.floor(index / spaceIds.length) % 3,
    }
    expect(await engine.call('reportOccupancy', input)).toMatchObject({ ok: true })
  }
}

/** Overwrites the page in the middle of those that hold taps, as a disk does that goes bad in one place. */
function breakMiddlePage(): void {
  const file = join(folder, 'outbox.db')
  const bytes = readFileSync(file)
  const pages = Array.from({ length: bytes.length / PAGE_BYTES }, (_, page) => page).filter((page) =>
    bytes.subarray(page * PAGE_BYTES, (page + 1) * PAGE_BYTES).includes('{"level":'),
  )
  const page = pages[Math.floor(pages.length / 2)] ?? 0
  bytes.fill(0x2a, page * PAGE_BYTES, (page + 1) * PAGE_BYTES)
  writeFileSync(file, bytes)
}

interface Held {
  kioskId: number
  waiting: { id: number; level: number }[]
}

/** What is in the kiosk's own outbox; where a tap came from a name before, that is left out. */
function held(): Held {
  const [outbox] = exportOutboxes(folder).outboxes
  const waiting = outbox?.mutations.filter(({ isWaiting }) => isWaiting) ?? []
  return {
    kioskId: outbox?.kioskId ?? 0,
    waiting: waiting.map(({ id, body }) => ({ id, level: (body as { level: number }).level })),
  }
}

function start(): Engine {
  const engine = open(hub.url)
  engines.push(engine)
  engine.start()
  return engine
}

/** A kiosk of a new university with so many taps that its hub has acknowledged, and so many more since that was killed. Gives its id; nothing runs then. */
async function makeStoppedKiosk(name: string, acked: number, waiting: number): Promise<number> {
  await hub.start()
  const settings = { kioskReportsPerSecond: 1_000_000, staleMs: 604_800_000 }
  const tree = ['Library', 'A', 'B', 'C'].map((label, index) => ({
    name: label,
    parent: index === 0 ? null : 0,
    capacity: null,
  }))
  const made = await makeUniversity(database.pool, { name, epoch: 'first-life', settings }, tree)
  universityId = made.universityId
  const [spaceId = 0, ...below] = made.spaceIds
  rooms = below
  const { code } = await createEnrolment(database.pool, { universityId, spaceId, role: 'entrance' })
  const first = start()
  expect(await first.enrolWith(code)).toMatchObject({ ok: true })
  await untilSent(first)
  await tap(first, rooms, 0, acked)
  await untilSent(first)
  await hub.kill()
  await tap(first, rooms, acked, waiting)
  first.stop()
  expect(held().waiting).toHaveLength(waiting)
  return held().kioskId
}

/** Breaks the outbox, and opens it once, which saves of it what can be read. */
function breakAndSalvage(): void {
  breakMiddlePage()
  const broken = open(hub.url)
  expect(watch(broken).alarm).toBe('outboxReset')
  broken.stop()
}

/** Levels of taps that were promised, by the kiosk and the number that they had first; -1: not looked at. */
type Promised = Map<string, number>

function promise(promised: Promised, { kioskId, waiting }: Held): void {
  for (const { id, level } of waiting) promised.set(`${kioskId}/${id}`, level)
}

function promiseAcked(promised: Promised, kioskId: number, count: number): void {
  for (let id = 1; id <= count; id += 1) promised.set(`${kioskId}/${id}`, -1)
}

/** The hub has counted each promised tap once, and nothing else. */
async function expectCounted(promised: Promised): Promise<void> {
  const settled = await loadSettled(database.pool, universityId)
  const counted = settled.map((row) => `${row.kioskId}/${row.mutationId}`)
  expect(counted.toSorted()).toEqual([...promised.keys()].toSorted())
  for (const { kioskId: of, mutationId, level } of settled) {
    const said = promised.get(`${of}/${mutationId}`)
    if (said !== -1) expect(level).toBe(said)
  }
}

test('[KSK-4] [SYN-12] an outbox that breaks, twice before its hub is back and once after, loses no tap that could be read, and the hub counts each once', async () => {
  const promised: Promised = new Map()
  const kioskId = await makeStoppedKiosk('salvage', 40, 160)
  promiseAcked(promised, kioskId, 40)
  for (const least of [100, 50]) {
    breakAndSalvage()
    expect(held().kioskId).toBe(kioskId)
    expect(held().waiting.length).toBeGreaterThan(least)
  }
  promise(promised, held())

  await hub.start()
  const second = start()
  await untilSent(second)
  const renamed = held().kioskId
  expect(renamed).not.toBe(kioskId)
  await hub.kill()
  const before = exportOutboxes(folder).outboxes[0]?.mutations.length ?? 0
  await tap(second, rooms, 200, 120)
  second.stop()
  breakMiddlePage()
  open(hub.url).stop()
  const after = held()
  expect(after.waiting.length).toBeGreaterThan(60)
  promise(promised, { kioskId: renamed, waiting: after.waiting.filter(({ id }) => id > before) })

  await hub.start()
  await untilSent(start())
  await expectCounted(promised)
}, 120_000)

test('[KSK-4] [SYN-12] an outbox that broke while its hub was given a new epoch is sent all the same, and the hub counts each tap once', async () => {
  const promised: Promised = new Map()
  const kioskId = await makeStoppedKiosk('new epoch', 40, 160)
  promiseAcked(promised, kioskId, 40)
  breakAndSalvage()
  promise(promised, held())
  await rollEpoch(database.pool, universityId, 'restored', { actor: 'cli', random: makeRandomSource() })

  // Without a ticket of this epoch the hub has nothing to compare, and welcomes it as it is.
  await hub.start()
  await untilSent(start())
  expect(held().kioskId).not.toBe(kioskId)
  await expectCounted(promised)
}, 120_000)
