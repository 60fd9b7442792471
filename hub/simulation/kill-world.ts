import type { SeededRandom } from '#shared/domain/seeded-random.ts'
import { createEnrolment } from '../kiosks/enrol-kiosk.ts'
import { openPool, query, type Database } from '../platform/postgres/database.ts'
import { startScratchServer, type ScratchServer } from '../platform/postgres/testing.ts'
import { makeUniversity, type CampusSpace } from './campus.ts'
import { HubHost } from './hub-host.ts'
import { checkLedger, loadSettled, type SavedTap } from './ledger.ts'
import { openConnectionProxy, type ConnectionProxy } from './connection-proxy.ts'
import { checkTree, loadStoredReports, loadStoredSpaces } from './recompute-tree.ts'
import { KioskHosts } from './replay/kiosk-hosts.ts'

/** A commit must survive the server's process, not the machine: COMMIT waits for the write, the write not for the disk. */
const SETTINGS = { fsync: 'off', synchronous_commit: 'on', full_page_writes: 'off', max_connections: '100' }
const TREE: readonly CampusSpace[] = [
  { name: 'Library', parent: null, capacity: null },
  { name: 'Floor 1', parent: 0, capacity: null },
  { name: 'Floor 2', parent: 0, capacity: null },
  ...[1, 1, 1, 2, 2].map((parent, index) => ({ name: `Room ${index}`, parent, capacity: 5 + index })),
]
const KIOSK_COUNT = 6
const HOST_COUNT = 3
const SETTLES_WITHIN_MS = 60_000

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Real processes that can be killed: a database, two hubs, kiosks. */
export class KillWorld {
  lastKills: string[] = []
  tapCount = 0
  private readonly saved: SavedTap[] = []
  private readonly random: SeededRandom
  private readonly server: ScratchServer
  private readonly databaseUrl: string
  private readonly hubs: HubHost[]
  private readonly hosts: KioskHosts
  private readonly proxy: ConnectionProxy
  private pool: Database
  private universityId = 0
  private spaceIds: number[] = []

  private constructor(
    random: SeededRandom,
    dependencies: {
      server: ScratchServer
      databaseUrl: string
      pool: Database
      hubs: HubHost[]
      proxy: ConnectionProxy
    },
  ) {
    this.random = random
    this.server = dependencies.server
    this.databaseUrl = dependencies.databaseUrl
    this.pool = dependencies.pool
    this.hubs = dependencies.hubs
    this.proxy = dependencies.proxy
    this.hosts = new KioskHosts(() => `http://127.0.0.1:${dependencies.proxy.port}`, HOST_COUNT)
  }

  static async begin(random: SeededRandom): Promise<KillWorld> {
    const server = await startScratchServer(SETTINGS)
    const database = await server.makeDatabase('kills')
    const hubs = [new HubHost(database.url), new HubHost(database.url)]
    await Promise.all(hubs.map((hub) => hub.start()))
    // Kiosks reach whichever hub runs, as through a balancer.
    const proxy = await openConnectionProxy(() => {
      const running = hubs.filter((hub) => hub.isRunning)
      return (running.length === 0 ? hubs[0] : random.pick(running))?.port ?? 0
    })
    const { pool } = database
    const world = new KillWorld(random, { server, databaseUrl: database.url, pool, hubs, proxy })
    await world.enrolAll()
    return world
  }

  printed(): string {
    return [...this.hubs.map((hub) => hub.printed), this.hosts.printed()].join('\n')
  }

  async end(): Promise<void> {
    await this.hosts.stop()
    await this.proxy.close()
    await Promise.all(this.hubs.map((hub) => hub.remove()))
    await this.pool.end()
    await this.server.stop()
  }

  /** Taps at every kiosk while processes are killed, lets all settle, and checks the result. One sentence per fault. */
  async playRound(): Promise<string[]> {
    this.lastKills = []
    const state = { isOver: false }
    const lanes = Array.from({ length: KIOSK_COUNT }, (_, kiosk) => this.tapUntil(kiosk, () => state.isOver))
    const killCount = 1 + this.random.integerBelow(3)
    for (let kill = 0; kill < killCount; kill += 1) {
      await pause(30 + this.random.integerBelow(200))
      await this.kill()
    }
    await pause(100 + this.random.integerBelow(200))
    state.isOver = true
    await Promise.all(lanes)
    const late = await this.settle()
    return late === null ? this.check() : [`nothing settled within ${SETTLES_WITHIN_MS / 1000} s: ${late}`]
  }

  private async enrolAll(): Promise<void> {
    const facts = {
      name: 'kills',
      epoch: 'first-life',
      settings: { kioskReportsPerSecond: 1_000_000, staleMs: 604_800_000 },
    }
    const made = await makeUniversity(this.pool, facts, TREE)
    this.universityId = made.universityId
    this.spaceIds = made.spaceIds
    for (let kiosk = 0; kiosk < KIOSK_COUNT; kiosk += 1) {
      const { code } = await createEnrolment(this.pool, {
        universityId: this.universityId,
        spaceId: this.spaceIds[0] ?? 0,
        role: 'entrance',
      })
      await this.hosts.enrol(`kiosk-${kiosk}`, code)
    }
    await this.settle()
  }

  private async tapUntil(kiosk: number, isOver: () => boolean): Promise<void> {
    const name = `kiosk-${kiosk}`
    const { kioskId } = await this.hosts.state(name)
    while (!isOver()) {
      const spaceId = this.spaceIds[3 + this.random.integerBelow(5)] ?? 0
      const level = this.random.integerBelow(3)
      const mutationId = await this.hosts.report(name, spaceId, level)
      this.saved.push({
        kioskId: kioskId ?? 0,
        mutationId,
        kind: 'report',
        spaceId,
        level,
        targetId: 0,
        device: this,
        tappedAtMs: 0,
        contactMs: 0,
      })
      this.tapCount += 1
      if (this.random.withProbability(0.5)) await pause(this.random.integerBelow(12))
    }
  }

  /** Kills something and starts it again; both hubs at once, or the database with a hub, now and then. */
  private async kill(): Promise<void> {
    const { random, hubs } = this
    const what = random.pick([
      'hub',
      'hub',
      'both hubs',
      'database',
      'kiosks',
      'kiosks',
      'connections',
    ] as const)
    this.lastKills.push(what)
    switch (what) {
      case 'hub': {
        const hub = random.pick(hubs)
        await hub.kill()
        await pause(random.integerBelow(100))
        return hub.start()
      }
      case 'both hubs':
        await Promise.all(hubs.map((hub) => hub.kill()))
        await Promise.all(hubs.map((hub) => hub.start()))
        return
      case 'database': {
        process.kill(this.server.pid(), 'SIGKILL')
        await pause(random.integerBelow(100))
        await this.pool.end().catch(() => undefined)
        await this.server.restart()
        this.pool = openPool(this.databaseUrl)
        return
      }
      case 'kiosks':
        return this.hosts.kill(random.integerBelow(this.hosts.hostCount))
      case 'connections':
        this.proxy.cut()
    }
  }

  /** Resolves when all is sent and seen; what is late when that does not come. */
  private async settle(): Promise<string | null> {
    const untilMs = performance.now() + SETTLES_WITHIN_MS
    for (;;) {
      const late = await this.findLate()
      if (late === null) return null
      if (performance.now() > untilMs) return late
      await pause(20)
    }
  }

  private async findLate(): Promise<string | null> {
    const head = await this.readHead()
    for (let kiosk = 0; kiosk < KIOSK_COUNT; kiosk += 1) {
      const { waitingCount, cursor } = await this.hosts.state(`kiosk-${kiosk}`)
      if (waitingCount > 0) return `kiosk-${kiosk} has ${waitingCount} taps waiting`
      if (cursor !== head) return `kiosk-${kiosk} is at ${cursor}, the hub at ${head}`
    }
    // A kiosk that was asked late may have had its ack meanwhile, and not its rows: then the others lack them too.
    const now = await this.readHead()
    return now === head ? null : `the hub went on from ${head} to ${now}`
  }

  private async readHead(): Promise<number> {
    const sql = 'select clock from universities where id = $1'
    const [head] = await query<{ clock: number }>(this.pool, sql, [this.universityId])
    return head?.clock ?? 0
  }

  private async check(): Promise<string[]> {
    const spaces = await loadStoredSpaces(this.pool, this.universityId)
    const reports = await loadStoredReports(this.pool, this.universityId)
    const faults = [
      ...checkLedger(this.saved, await loadSettled(this.pool, this.universityId), () => false),
      ...checkTree(spaces, reports, new Map()),
    ]
    const leaves = spaces.filter((space) => space.childCount === 0)
    for (let kiosk = 0; kiosk < KIOSK_COUNT; kiosk += 1) {
      const { spaces: screen } = await this.hosts.state(`kiosk-${kiosk}`)
      for (const leaf of leaves) {
        const view = screen.find((one) => one.id === leaf.id)
        if (view?.level !== leaf.occupancy || view?.reportedAtMs !== leaf.updatedAtMs)
          faults.push(
            `kiosk-${kiosk} shows ${String(view?.level)} for space ${leaf.id}, the hub has ${String(leaf.occupancy)}`,
          )
      }
    }
    return faults
  }
}
