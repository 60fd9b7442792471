import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { makeSeededRandom } from '#shared/domain/seeded-random.ts'
import { makeDeviceClock } from '../../desktop/engine/clock/device-clock.ts'
import { openEngine } from '../../desktop/engine/api/engine.ts'
import { type Engine } from '../../desktop/engine/api/engine-api.ts'
import { makePostEnrolment } from '../../desktop/engine/sync/post-enrolment.ts'
import { OUTBOX_MIGRATIONS } from '../../desktop/engine/store/outbox-migrations.ts'
import { migrate, openSqlite } from '../../desktop/engine/store/sqlite.ts'
import { makeWebSocketConnect } from '../../desktop/engine/sync/websocket-connection.ts'
import { serveRequests } from './worker-process.ts'

// One kiosk's engine on real files, in a process of its own.

/** What a bench asks of an engine. */
export type EngineRequest =
  | { kind: 'open'; folder: string; hubUrl: string; code: string | null }
  | { kind: 'waitFor'; rowCount: number }
  | { kind: 'close' }
  | { kind: 'tap'; spaceIds: number[]; count: number; folder: string }
  | { kind: 'catchUp'; folder: string; hubUrl: string; head: number; spaceIds: number[]; tapEveryMs: number }

/** What it measured, ms. */
export interface EngineAnswer {
  /** Taps, from the call to its answer; in a catch-up from when the finger came. */
  tapMs: number[]
  /** Bare inserts of the same bytes. */
  bareMs: number[]
  /** From the dial to everything applied. */
  catchUpMs: number
}

const held = { engine: null as Engine | null, isOnline: false, tapCount: 0 }

function engine(): Engine {
  if (held.engine === null) throw new Error('no engine is open')
  return held.engine
}

function open(folder: string, hubUrl: string): void {
  held.isOnline = false
  held.engine = openEngine({
    folder,
    config: { name: 'Bench', hub: { url: hubUrl } },
    appVersion: 'bench',
    clock: makeDeviceClock(),
    connect: makeWebSocketConnect(null),
    postEnrolment: makePostEnrolment(null),
    // Random numbers that are always the smallest: the pause between two connections is its shortest.
    random: { ...makeSeededRandom(1), fraction: () => 0 },
    makeSecret: (byteCount) => randomBytes(byteCount).toString('base64url'),
    log: { info: () => undefined, warn: (code, _sentence, facts) => console.error(code, facts) },
  })
  held.engine.subscribe((name, value) => {
    if (name === 'link' && 'status' in value) held.isOnline = value.status === 'online'
  })
}

async function enrol(code: string | null): Promise<void> {
  engine().start()
  if (code === null) return
  const enrolled = await engine().enrolWith(code)
  if (!enrolled.ok) throw new Error(`not enrolled: ${enrolled.refusal.why}`)
}

async function waitFor(rowCount: number): Promise<void> {
  while (!held.isOnline || engine().readRows().rows.length < rowCount) await pause(50)
}

async function report(spaceId: number, level: number): Promise<void> {
  const answer = await engine().call('reportOccupancy', { spaceId, level })
  if (!answer.ok) throw new Error(`refused: ${answer.refusal.why}`)
  if ((answer.value as { isRepeat: boolean }).isRepeat) throw new Error('a tap was merged with an equal one')
}

/** A tap and a bare insert of the same bytes into a table of the same shape, in turn, on the same disk with the same flush. */
async function tap(
  spaceIds: readonly number[],
  count: number,
  folder: string,
): Promise<Partial<EngineAnswer>> {
  const tapMs: number[] = []
  const bareMs: number[] = []
  const bare = openBare(join(folder, `bare-${performance.now()}.db`))
  for (let index = 0; index < count; index += 1) {
    const step = held.tapCount
    held.tapCount += 1
    const spaceId = spaceIds[step % spaceIds.length] ?? 0
    const level = (step + Math.floor(step / spaceIds.length)) % 3
    const startMs = performance.now()
    await report(spaceId, level)
    tapMs.push(performance.now() - startMs)
    await pause(10)
    const bareStartMs = performance.now()
    bare.insert(step + 1, spaceId, level)
    bareMs.push(performance.now() - bareStartMs)
    await pause(10)
  }
  bare.close()
  return { tapMs, bareMs }
}

function openBare(file: string): { insert(id: number, spaceId: number, level: number): void; close(): void } {
  const sqlite = openSqlite(file, 'precious')
  migrate(sqlite, OUTBOX_MIGRATIONS)
  const statement = sqlite.prepare(
    `insert into mutations (id, kind, space_id, body, hash, level, target_id, before_level, before_at_ms, boot,
       elapsed_ms, contact_ms, at_ms) values (?, 'report', ?, ?, ?, ?, null, 0, ?, ?, ?, ?, ?)`,
  )
  const boot = makeDeviceClock().bootId
  return {
    insert: (id, spaceId, level) => {
      const nowMs = Date.now()
      const body = `{"level":${level},"spaceId":${spaceId}}`
      statement.run(id, spaceId, body, 'A'.repeat(22), level, nowMs, boot, performance.now(), nowMs, nowMs)
    },
    close: () => void sqlite.close(),
  }
}

/** Dials with the rows of long ago, and taps all the while; a tap's time runs from when it was due, so a loop that stands still counts. */
async function catchUp(request: Extract<EngineRequest, { kind: 'catchUp' }>): Promise<Partial<EngineAnswer>> {
  open(request.folder, request.hubUrl)
  const tapMs: number[] = []
  const startMs = performance.now()
  const done: { atMs: number | null } = { atMs: null }
  // Online is what it says once everything up to the head of the welcome is applied.
  engine().subscribe((name) => {
    if (name === 'link' && held.isOnline) done.atMs ??= performance.now()
  })
  engine().start()
  for (let step = 0; done.atMs === null; step += 1) {
    const dueMs = startMs + step * request.tapEveryMs
    await pause(Math.max(0, dueMs - performance.now()))
    await report(request.spaceIds[step % request.spaceIds.length] ?? 0, step % 2)
    tapMs.push(performance.now() - dueMs)
  }
  if (engine().readRows().cursor < request.head) throw new Error('online before everything was here')
  return { tapMs, catchUpMs: done.atMs - startMs }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

serveRequests(async (request: EngineRequest): Promise<EngineAnswer> => {
  const nothing = { tapMs: [], bareMs: [], catchUpMs: 0 }
  switch (request.kind) {
    case 'open':
      open(request.folder, request.hubUrl)
      await enrol(request.code)
      return nothing
    case 'waitFor':
      await waitFor(request.rowCount)
      return nothing
    case 'close':
      engine().stop()
      return nothing
    case 'tap':
      return { ...nothing, ...(await tap(request.spaceIds, request.count, request.folder)) }
    case 'catchUp':
      return { ...nothing, ...(await catchUp(request)) }
  }
})
