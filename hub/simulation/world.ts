import { createHash, type Hash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { accept, refuse } from '#shared/domain/decision.ts'
import { makeSeededRandom, type SeededRandom } from '#shared/domain/seeded-random.ts'
import type { PostEnrolment } from '../../desktop/engine/core/ports.ts'
import { runAloneOn } from '../platform/writer/commit-alone.ts'
import { commitEnrolment, createEnrolment } from '../kiosks/enrol-kiosk.ts'
import { query } from '../platform/postgres/database.ts'
import { makeUniversity, type CampusSpace } from './campus.ts'
import { People } from './people.ts'
import { Device } from './device.ts'
import { FaultCounts } from './fault-counts.ts'
import { HubProcess } from './hub-process.ts'
import type { SavedTap } from './ledger.ts'
import { START_MS } from './simulated-clock.ts'
import { DatabaseGate } from './simulated-database.ts'
import { CrashSignal, SqliteFaults } from './sqlite-faults.ts'
import { makeDial, type FrameWatch } from './virtual-connection.ts'
import { WorldDatabases } from './world-databases.ts'
import { VirtualTime } from './virtual-time.ts'

/** A space as an operation picks it. */
export interface PickedSpace {
  id: number
  parentId: number | null
  isDeleted: boolean
  isLeaf: boolean
}

/** A university of the simulation. */
export interface Campus {
  universityId: number
  spaces: PickedSpace[]
  /** Commits at which a space turned from leaf to composite or back: what was reported before counts no more. [OCC-11] */
  resets: { spaceId: number; clock: number }[]
}

/** What a tap left in the ledger; `isMaybe`: the device died before it could show it as saved. */
export type LedgerTap = SavedTap & { device: Device; isMaybe: boolean }

/** Something that may stay undone for a while: ends at an operation, or when all faults are ended. */
export interface ActiveFault {
  name: string
  untilOperation: number
  end(): void | Promise<void>
}

const TREE: readonly CampusSpace[] = [
  { name: 'Library', parent: null, capacity: null },
  { name: 'Floor 1', parent: 0, capacity: null },
  { name: 'Floor 2', parent: 0, capacity: null },
  { name: 'Room 1', parent: 1, capacity: 10 },
  { name: 'Room 2', parent: 1, capacity: 3 },
  { name: 'Room 3', parent: 2, capacity: null },
  { name: 'Room 4', parent: 2, capacity: 40 },
  { name: 'Hall', parent: 0, capacity: 7 },
]
/** Spaces at which the devices of a university stand: the whole library thrice, floors, a door. */
const PLACES = [0, 0, 0, 1, 2, 7]
const PLACES_ELSEWHERE = [0, 1]
const SETTINGS = { kioskReportsPerSecond: 1_000_000, staleMs: 604_800_000 }

/** The slowest connection takes no longer. */
const ACK_UNDER_WAY_MS = 10_000

/** One round's world: two hubs, one database, two universities, and their devices. */
export class World extends WorldDatabases {
  readonly time = new VirtualTime()
  readonly gate = new DatabaseGate()
  readonly faults = new SqliteFaults()
  readonly counts = new FaultCounts()
  readonly hubs: HubProcess[] = []
  readonly devices: Device[] = []
  readonly campuses: Campus[] = []
  readonly ledger: LedgerTap[] = []
  readonly people: People
  /** Keys of calls whose spaces are known to operations. */
  readonly noticed = new Set<string>()
  /** Settings that staff made; each has a value of its own. */
  settings: { universityId: number; value: number }[] = []
  settingCount = 0
  activeFaults: ActiveFault[] = []
  /** Virtual time at which the database last went back. */
  restoredAtMs = Number.NEGATIVE_INFINITY
  private readonly acks: { device: Device; text: string }[] = []
  /** Faults seen while running: promises that must hold at every moment. */
  readonly broken: string[] = []
  backup: {
    name: string
    kioskIds: Set<number>
    heads: number[]
    settings: { universityId: number; value: number }[]
  } | null = null
  readonly random: SeededRandom
  readonly folder: string
  /** Called with every line of the trace; for a person in search of a fault. */
  listen: ((line: string) => void) | null = null
  private readonly trace: Hash = createHash('sha256')
  private readonly watch: FrameWatch

  private constructor(server: { url: string }, seed: number, root: string) {
    const folder = mkdtempSync(join(root, 'carrel-simulation-'))
    super(server, folder.slice(-6))
    this.folder = folder
    this.random = makeSeededRandom(seed)
    this.watch = {
      up: (owner, text) => {
        this.note(`${(owner as Device).name}>`, text)
        const kioskId = /^\{"type":"hello".*?"kioskId":(\d+)/.exec(text)?.[1]
        if (kioskId !== undefined) (owner as Device).announcedKioskId = Number(kioskId)
      },
      down: (owner, text) => {
        this.note(`${(owner as Device).name}<`, text)
        if (text.startsWith('{"type":"ack"')) this.acks.push({ device: owner as Device, text })
      },
      twice: () => this.counts.fire('frame twice'),
    }
    for (const index of [0, 1]) {
      const fired = (fault: string): void => this.counts.fire(fault)
      this.hubs.push(new HubProcess({ time: this.time, gate: this.gate, fired }, seed * 31 + index))
    }
    this.people = new People(
      this.hubs,
      {
        fired: (what) => this.counts.fire(what),
        broken: (fault) => void this.broken.push(fault),
        note: (what, text) => this.note(what, text),
      },
      seed * 37,
    )
  }

  /** Makes a fresh database with two universities, starts the hubs and enrols the devices. */
  static async begin(server: { url: string }, seed: number, root: string): Promise<World> {
    const world = new World(server, seed, root)
    await world.openDatabase(await world.copyDatabase('carrel_template'))
    for (const index of [0, 1]) {
      const facts = { name: `University ${index}`, epoch: `epoch-${index}`, settings: SETTINGS }
      const { universityId } = await makeUniversity(world.pool, facts, TREE)
      world.campuses.push({ universityId, spaces: [], resets: [] })
      await world.people.join(world.pool, index, universityId)
    }
    await world.reloadSpaces()
    for (const hub of world.hubs) hub.start(world.databaseUrl())
    for (const [university, places] of [PLACES, PLACES_ELSEWHERE].entries())
      for (const place of places) await world.addDevice(university, place)
    await world.advance(3_000)
    return world
  }

  async end(): Promise<string> {
    for (const device of this.devices) device.crash(false)
    for (const hub of this.hubs) hub.die(true)
    this.faults.stop()
    await this.closePool()
    await this.dropDatabase(this.databaseName)
    if (this.backup !== null) await this.dropDatabase(this.backup.name)
    rmSync(this.folder, { recursive: true, force: true })
    return this.trace.digest('hex').slice(0, 16)
  }

  nowMs(): number {
    return START_MS + this.time.nowMs
  }

  /** Everything that matters goes into the trace: the same seed must give the same one. */
  note(what: string, text: string): void {
    this.listen?.(`${Math.round(this.time.nowMs)} ${what} ${text}`)
    this.trace.update(
      `${Math.round(this.time.nowMs)} ${what} ${text.replaceAll(/"(mac|proof)":"[^"]*"/g, '')}\n`,
    )
  }

  /** Lets time pass, one happening after the other, each with all its consequences. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.time.nowMs + ms
    for (;;) {
      let isMore = true
      try {
        isMore = this.time.step(untilMs)
      } catch (error) {
        if (!(error instanceof CrashSignal)) throw error
      }
      if (!isMore) return
      await this.settle()
    }
  }

  /** Waits until nothing is under way any more that does not wait for virtual time. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < 3;) {
      await new Promise<void>((resolve) => setImmediate(resolve))
      if (this.gate.isIdle) quiet += 1
      else {
        await this.gate.whenIdle()
        quiet = 0
      }
    }
    await this.checkAcks()
    this.restartDead()
  }

  /** Whatever was acknowledged is committed by then. An ack that was under way when the database went back proves nothing. [SYN-6] */
  private async checkAcks(): Promise<void> {
    const acks = this.acks.splice(0)
    if (acks.length === 0 || this.time.nowMs < this.restoredAtMs + ACK_UNDER_WAY_MS) return
    const rows = await query<{ id: number; last: number }>(
      this.pool,
      'select id, last_mutation_id as last from kiosks where id = any($1)',
      [acks.map(({ device }) => device.announcedKioskId)],
    )
    const lastOf = new Map(rows.map(({ id, last }) => [id, last]))
    for (const { device, text } of acks) {
      const acknowledged = (JSON.parse(text) as { lastMutationId: number }).lastMutationId
      const last = lastOf.get(device.announcedKioskId) ?? 0
      if (acknowledged > last)
        this.broken.push(`${device.name} was sent ${acknowledged} as settled, the hub has ${last}`)
    }
  }

  /** Devices that died inside an operation lose their process now. */
  private restartDead(): void {
    for (const device of this.dying) device.crash(false)
    this.dying.clear()
  }
  private readonly dying = new Set<Device>()

  device(name: string, folder: string, university: number): Device {
    const device: Device = new Device(
      {
        time: this.time,
        faults: this.faults,
        dial: (owner) =>
          makeDial(
            this.time,
            owner.way,
            this.watch,
            owner,
            () => this.pickHub(),
            (line) => {
              owner.connections.add(line)
              this.hubs.find((hub) => hub === line.hub)?.connections.add(line)
            },
          ),
        post: this.post,
        died: (dead) => {
          this.counts.fire('kiosk died')
          this.dying.add(dead)
        },
        mistook: (owner, byMs, plusMinusMs) =>
          void this.broken.push(`${owner.name}: hub time wrong by ${byMs} ms, said to be ± ${plusMinusMs}`),
        warned: (owner, code) => {
          // It heals by itself, but with nobody tampering it must never be needed. [SYN-14]
          if (code === 'digest-mismatch') this.broken.push(`${owner.name}: its digest is not the hub's`)
          // The database's clock is never set here, so nothing that a hub says of it may contradict. [SYN-42]
          if (code === 'hub-time-stepped') this.broken.push(`${owner.name}: its hub time did not fit`)
        },
      },
      name,
      join(this.folder, folder),
      university,
      this.random.integerBelow(1 << 30),
    )
    this.devices.push(device)
    return device
  }

  /** A new device that is at a space (an index into the tree, or any id) and is enrolled by code. */
  async addDevice(university: number, place: number): Promise<Device> {
    const name = `d${this.devices.length}`
    const device = this.device(name, name, university)
    device.open()
    await this.enrol(device, this.campuses[university]?.spaces[place]?.id ?? 0)
    return device
  }

  async enrol(device: Device, spaceId: number): Promise<void> {
    const { universityId = 0 } = this.campuses[device.university] ?? {}
    const { code } = await createEnrolment(this.pool, {
      universityId,
      spaceId,
      role: 'entrance',
      minutes: 10_000,
    })
    const answer = await device.engine?.enrolWith(code)
    if (answer?.ok !== true) throw new Error(`${device.name} was not enrolled: ${JSON.stringify(answer)}`)
  }

  private readonly post: PostEnrolment = async (url, request) => {
    const { pool } = this
    const decided = await commitEnrolment({ pool, run: runAloneOn(pool) }, request, {
      host: new URL(url).host,
      address: '127.0.0.1',
    })
    return decided.ok ? accept(decided.value) : refuse({ why: 'codeRefused' })
  }

  private pickHub(): { hub: HubProcess; accept: HubProcess['accept'] } | null {
    const running = this.hubs.filter((hub) => hub.isRunning)
    if (running.length === 0) return null
    const hub = this.random.pick(running)
    return { hub, accept: hub.accept }
  }

  async reloadSpaces(): Promise<void> {
    for (const campus of this.campuses)
      campus.spaces = await query<PickedSpace>(
        this.pool,
        `select id, parent_id as "parentId", is_deleted as "isDeleted",
                not exists (select from spaces c where c.parent_id = s.id and not c.is_deleted) as "isLeaf"
           from spaces s where university_id = $1 order by id`,
        [campus.universityId],
      )
  }
}
