import { makeSyncFeatures } from '../make-sync-features.ts'
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { WebSocketServer } from 'ws'
import { accept, refuse } from '#shared/domain/decision.ts'
import { makeSeededRandom } from '#shared/domain/seeded-random.ts'
import { makeDeviceClock } from '../../desktop/engine/clock/device-clock.ts'
import { openEngine } from '../../desktop/engine/api/engine.ts'
import { type Engine } from '../../desktop/engine/api/engine-api.ts'
import type { PostEnrolment } from '../../desktop/engine/core/ports.ts'
import { makeWebSocketConnect } from '../../desktop/engine/sync/websocket-connection.ts'
import { makeRandomSource, makeHubClock } from '../platform/clock.ts'
import { runAloneOn } from '../platform/writer/commit-alone.ts'
import { commitEnrolment, createEnrolment } from '../kiosks/enrol-kiosk.ts'
import { noLog } from '../platform/log.ts'
import { noMetrics } from '../platform/metrics.ts'
import { attachSocket } from '../platform/connections/sync-route.ts'
import { query, type Database } from '../platform/postgres/database.ts'
import { startScratchDatabase } from '../platform/postgres/testing.ts'
import { makeSyncCore, type SyncCore } from '../platform/connections/sync-core.ts'
import { makeUniversity } from './campus.ts'
import { CleanupStack } from './cleanup-stack.ts'

const SETTINGS = { kioskReportsPerSecond: 1_000_000, staleMs: 604_800_000 }

/** A hub core behind a real socket, and kiosks on it. */
export class FuzzWorld {
  readonly undo = new CleanupStack()
  readonly pool: Database
  readonly core: SyncCore
  readonly universityId: number
  readonly spaceIds: number[]
  readonly root: string
  private readonly port: number

  private constructor(dependencies: {
    pool: Database
    core: SyncCore
    port: number
    universityId: number
    spaceIds: number[]
  }) {
    this.pool = dependencies.pool
    this.core = dependencies.core
    this.port = dependencies.port
    this.universityId = dependencies.universityId
    this.spaceIds = dependencies.spaceIds
    this.root = mkdtempSync(join(tmpdir(), 'carrel-fuzz-'))
    this.undo.add('folder', async () => rmSync(this.root, { recursive: true, force: true }))
  }

  static async begin(): Promise<FuzzWorld> {
    const scratch = await startScratchDatabase()
    const { pool } = scratch
    const core = makeSyncCore({
      pool,
      features: makeSyncFeatures(pool),
      clock: makeHubClock(),
      random: makeRandomSource(),
      log: noLog,
      metrics: noMetrics,
    })
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0, path: '/api/v1/sync' })
    server.on('connection', (socket, request) =>
      attachSocket(core, socket, { host: request.headers.host ?? '', address: '127.0.0.1' }),
    )
    await new Promise((resolve) => server.once('listening', resolve))
    const facts = { name: 'fuzz', epoch: 'first-life', settings: SETTINGS }
    const made = await makeUniversity(pool, facts, [
      { name: 'Library', parent: null, capacity: null },
      { name: 'Room 1', parent: 0, capacity: 5 },
      { name: 'Room 2', parent: 0, capacity: 7 },
    ])
    const { port } = server.address() as AddressInfo
    const world = new FuzzWorld({ pool, core, port, ...made })
    world.undo.add('scratch database', scratch.stop)
    world.undo.add('core', () => core.stop())
    world.undo.add('sockets', () => new Promise((resolve) => server.close(() => resolve())))
    return world
  }

  /** A one-time code for a kiosk at the root. */
  async code(): Promise<string> {
    const options = {
      universityId: this.universityId,
      spaceId: this.spaceIds[0] ?? 0,
      role: 'entrance' as const,
    }
    return (await createEnrolment(this.pool, options)).code
  }

  readonly post: PostEnrolment = async (url, request) => {
    const from = { host: new URL(url).host, address: '127.0.0.1' }
    const { pool } = this
    const decided = await commitEnrolment({ pool, run: runAloneOn(pool) }, request, from)
    return decided.ok ? accept(decided.value) : refuse({ why: 'codeRefused' })
  }

  /** An enrolled kiosk over a real socket. `post` answers its later enrolments. */
  async openKiosk(name: string, laterPost: PostEnrolment = this.post): Promise<Engine> {
    const folder = join(this.root, name)
    mkdirSync(folder)
    const enrolled = { isDone: false }
    const engine = openEngine({
      folder,
      config: { name, hub: { url: `http://127.0.0.1:${this.port}` } },
      appVersion: 'simulation',
      clock: makeDeviceClock(),
      connect: makeWebSocketConnect(null),
      postEnrolment: (url, request) => (enrolled.isDone ? laterPost : this.post)(url, request),
      random: { ...makeSeededRandom(1), fraction: () => 0 },
      makeSecret: (byteCount) => randomBytes(byteCount).toString('base64url'),
      log: { info: () => undefined, warn: () => undefined },
    })
    engine.start()
    const answer = await engine.enrolWith(await this.code())
    if (!answer.ok) throw new Error(`${name} was not enrolled: ${answer.refusal.why}`)
    enrolled.isDone = true
    this.undo.add(name, async () => engine.stop())
    return engine
  }

  /** A folder with a screen in it. */
  screenFolder(): string {
    const folder = join(this.root, 'screens')
    mkdirSync(folder)
    writeFileSync(join(folder, 'kiosk.html'), '<!doctype html><title>kiosk</title>')
    return folder
  }
}

/** Taps at one kiosk all the while, as a library's visitors would, and says at the end what was lost. */
export class WellBehaved {
  private readonly taps: number[] = []
  private readonly engine: Engine
  private readonly world: FuzzWorld
  private isOver = false
  private done: Promise<void> = Promise.resolve()

  constructor(world: FuzzWorld, engine: Engine) {
    this.world = world
    this.engine = engine
  }

  start(): void {
    this.done = this.tap()
  }

  /** One sentence per tap that is not stored exactly once; null kiosk id: it never came on. */
  async end(): Promise<string[]> {
    this.isOver = true
    await this.done
    const untilMs = performance.now() + 20_000
    while (this.engine.readRows().waitingCount > 0 && performance.now() < untilMs) await pause(20)
    const rows = await query<{ mutationId: number; count: number }>(
      this.world.pool,
      `select mutation_id as "mutationId", count(*) as count from occupancy_reports r join kiosks k on k.id = r.kiosk_id
        where k.name = 'well-behaved' group by mutation_id`,
    )
    const countOf = new Map(rows.map((row) => [row.mutationId, row.count]))
    const lost = this.taps.filter((id) => countOf.get(id) !== 1)
    const waiting = this.engine.readRows().waitingCount
    return [
      ...lost.map((id) => `tap ${id} of the well-behaved kiosk is stored ${countOf.get(id) ?? 0} times`),
      ...(waiting > 0 ? [`the well-behaved kiosk still has ${waiting} taps waiting`] : []),
      ...(this.taps.length < 20 ? [`the well-behaved kiosk made only ${this.taps.length} taps`] : []),
    ]
  }

  private async tap(): Promise<void> {
    for (let count = 0; !this.isOver; count += 1) {
      const spaceId = this.world.spaceIds[1 + (count % 2)]
      const answer = await this.engine.call('reportOccupancy', { spaceId, level: (count >> 1) % 3 })
      if (answer.ok) {
        const { mutationId } = answer.value as { mutationId: number }
        if (this.taps.at(-1) !== mutationId) this.taps.push(mutationId)
      }
      await pause(20)
    }
  }
}

/** Waits some real time. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
