import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { makeSeededRandom, type SeededRandom } from '#shared/domain/seeded-random.ts'
import type { LinkSlice, SliceName, Slices, SpaceView } from '#shared/wire/bridge.ts'
import { PROTOCOL } from '#shared/wire/version.ts'
import type { LogCode } from '../../desktop/engine/log/log-codes.ts'
import { openEngine } from '../../desktop/engine/api/engine.ts'
import { type Engine } from '../../desktop/engine/api/engine-api.ts'
import type { ConnectToHub, PostEnrolment } from '../../desktop/engine/core/ports.ts'
import { makeDeviceClock, START_MS } from './simulated-clock.ts'
import { CrashSignal, type SqliteFaults } from './sqlite-faults.ts'
import type { VirtualConnection, NetworkConditions } from './virtual-connection.ts'
import type { VirtualTime } from './virtual-time.ts'

/** What a device needs of the world around it. */
export interface DeviceWorld {
  time: VirtualTime
  faults: SqliteFaults
  dial(device: Device): ConnectToHub
  post: PostEnrolment
  died(device: Device): void
  /** Its engine wrote this into its log. */
  warned(device: Device, code: LogCode): void
  /** It was wrong about hub time by more than the ± that it named, both in ms. */
  mistook(device: Device, byMs: number, plusMinusMs: number): void
}

interface Life {
  isDead: boolean
  isAsleep(): boolean
}

/** One kiosk device of a simulation: the real engine on real files, with its clocks, its connection and its crashes controlled from outside. */
export class Device {
  readonly name: string
  readonly folder: string
  readonly way: NetworkConditions
  readonly connections = new Set<VirtualConnection>()
  readonly random: SeededRandom
  readonly university: number
  engine: Engine | null = null
  /** Effects (statements written, frames sent) until the process dies; Infinity: it does not. */
  effectsLeft = Number.POSITIVE_INFINITY
  isFull = false
  /** Destroyed, or revoked: its promises end with it. */
  isLost = false
  wallErrorMs = 0
  /** By what number it last said hello. */
  announcedKioskId = 0
  asleepUntilMs = 0
  protocol = PROTOCOL
  /** What was published to its screen. */
  screen = new Map<number, SpaceView>()
  link: LinkSlice | null = null
  kiosk: Slices['kiosk'] | null = null
  /** Virtual times at which it booted: what was tapped before is of an earlier boot. */
  readonly bootedAtMs: number[] = []
  private readonly refused = new Set<string>()
  private life: Life = { isDead: true, isAsleep: () => false }
  private bootId = ''
  private readers: { outbox: Database.Database; cache: Database.Database } | null = null
  private readonly world: DeviceWorld

  constructor(world: DeviceWorld, name: string, folder: string, university: number, seed: number) {
    this.world = world
    this.name = name
    this.folder = folder
    this.university = university
    this.random = makeSeededRandom(seed)
    const { random } = this
    this.way = {
      isPartitioned: false,
      delayMs: 20,
      twiceChance: 0,
      isAsleep: () => this.asleepUntilMs > world.time.nowMs,
      fraction: () => random.fraction(),
    }
    mkdirSync(folder, { recursive: true })
    this.boot()
  }

  /** Its process has ended in the middle of something and has not been cleaned up yet. */
  get isDying(): boolean {
    return this.life.isDead
  }

  get isOpen(): boolean {
    return this.engine !== null
  }

  /** A new boot of the machine: elapsed times of before can no longer be compared. */
  boot(): void {
    this.bootId = `boot-${this.name}-${this.bootedAtMs.length}`
    this.bootedAtMs.push(this.world.time.nowMs)
  }

  open(): void {
    const life: Life = { isDead: false, isAsleep: this.way.isAsleep }
    this.life = life
    this.effectsLeft = Number.POSITIVE_INFINITY
    this.world.faults.watch(this.folder, {
      diesNow: () => this.spendEffect(life),
      isDead: () => life.isDead,
    })
    const dial = this.world.dial(this)
    this.screen = new Map()
    this.engine = openEngine({
      folder: this.folder,
      config: { hub: { url: 'http://hub.example:4710' }, name: this.name },
      appVersion: 'simulation',
      clock: makeDeviceClock(
        this.world.time,
        life,
        { id: this.bootId, startedMs: this.bootedAtMs.at(-1) ?? 0 },
        () => this.wallErrorMs,
      ),
      connect: (url, events) => this.guardLine(life, dial, url, events),
      postEnrolment: this.world.post,
      random: this.random,
      makeSecret: (byteCount) => this.secret(byteCount),
      log: { info: () => undefined, warn: (code) => this.world.warned(this, code) },
      protocol: this.protocol,
    })
    this.engine.subscribe((name, value) => {
      if (!life.isDead) this.receiveSlice(name, value)
    })
    this.engine.start()
    if (this.isFull) this.setFull(true)
  }

  /** kill -9; `isPower` takes the boot, and what had not been synced to the disk, with it. */
  crash(isPower: boolean): void {
    if (this.engine === null) return
    this.life.isDead = true
    this.engine = null
    for (const line of this.connections) line.kioskDied(!isPower)
    this.connections.clear()
    this.closeReaders()
    this.world.faults.closeAll(this.folder)
    if (isPower) this.losePower()
    this.keepCache()
  }

  /** Garbage in the middle of `cache.db`. Only while closed. */
  corruptCache(at: number): void {
    rmSync(join(this.folder, 'cache.db-wal'), { force: true })
    writeFileSync(join(this.folder, 'cache.db'), Buffer.alloc(4096 + (at % 4096), 0x2a))
  }

  setFull(isFull: boolean): void {
    this.isFull = isFull
    for (const file of ['outbox.db', 'cache.db']) this.world.faults.setFull(this.folder, file, isFull)
  }

  /** Copies its disk as it lies to another folder. Only while closed. */
  copyDisk(folder: string): void {
    mkdirSync(folder, { recursive: true })
    for (const file of ['outbox.db', 'outbox.db-wal', 'cache.db', 'cache.db-wal'])
      if (existsSync(join(this.folder, file))) cpSync(join(this.folder, file), join(folder, file))
  }

  kioskId(): number | null {
    const row = this.read()
      .outbox.prepare<[], { id: number | null }>('select kiosk_id as id from identity')
      .get()
    return row?.id ?? null
  }

  /** Who it is, and the number that its next mutation will have. */
  nextMutation(): { kioskId: number; mutationId: number } {
    const newest = Number(this.read().outbox.prepare('select max(id) from mutations').pluck().get() ?? 0)
    return { kioskId: this.kioskId() ?? 0, mutationId: newest + 1 }
  }

  /** Under which kiosk and number a mutation that it holds was first made. */
  originOf(mutationId: number): { kioskId: number; mutationId: number } {
    const row = this.read()
      .outbox.prepare<[number], { kioskId: number | null; mutationId: number | null }>(
        'select origin_kiosk_id as kioskId, origin_id as mutationId from mutations where id = ?',
      )
      .get(mutationId)
    return { kioskId: row?.kioskId ?? this.kioskId() ?? 0, mutationId: row?.mutationId ?? mutationId }
  }

  /** Whether a mutation was refused to it before it got another identity: it said so, and carried it no further. [SYN-12] */
  wasRefused({ kioskId, mutationId }: { kioskId: number; mutationId: number }): boolean {
    return this.refused.has(`${kioskId}/${mutationId}`)
  }

  private noteRefused(): void {
    const ids = this.read().outbox.prepare('select id from mutations where refusal is not null').pluck().all()
    for (const id of ids as number[]) {
      const { kioskId, mutationId } = this.originOf(id)
      this.refused.add(`${kioskId}/${mutationId}`)
    }
  }

  waitingCount(): number {
    return Number(
      this.read().outbox.prepare('select count(*) from mutations where acked_head is null').pluck().get(),
    )
  }

  cached(): { epoch: string | null; cursor: number } {
    const { cache } = this.read()
    return (
      cache
        .prepare<[], { epoch: string | null; cursor: number }>('select epoch, cursor from position')
        .get() ?? {
        epoch: null,
        cursor: 0,
      }
    )
  }

  cachedSpaces(): {
    id: number
    clock: number
    level: number | null
    reportedAtMs: number | null
    facts: string
  }[] {
    const { cache } = this.read()
    return cache
      .prepare<
        [],
        { id: number; clock: number; level: number | null; reportedAtMs: number | null; facts: string }
      >(
        `select id, clock, hot ->> 'level' as level, hot ->> 'reportedAtMs' as reportedAtMs, body as facts
         from rows_spaces where is_gone = 0 order by id`,
      )
      .all()
  }

  private read(): { outbox: Database.Database; cache: Database.Database } {
    this.readers ??= {
      outbox: new Database(join(this.folder, 'outbox.db'), { readonly: true }),
      cache: new Database(join(this.folder, 'cache.db'), { readonly: true }),
    }
    return this.readers
  }

  private closeReaders(): void {
    this.readers?.outbox.close()
    this.readers?.cache.close()
    this.readers = null
  }

  private spendEffect(life: Life): boolean {
    if (life.isDead) return true
    this.effectsLeft -= 1
    if (this.effectsLeft > 0) return false
    life.isDead = true
    this.world.died(this)
    return true
  }

  private guardLine(
    life: Life,
    dial: ConnectToHub,
    ...[url, events]: Parameters<ConnectToHub>
  ): ReturnType<ConnectToHub> {
    const line = dial(url, {
      opened: () => this.guard(life, () => events.opened()),
      received: (text) => {
        if (!life.isDead && text.startsWith('{"type":"forked"')) this.noteRefused()
        this.guard(life, () => events.received(text))
      },
      ponged: (payload) => this.guard(life, () => events.ponged(payload)),
      ended: (why) => this.guard(life, () => events.ended(why)),
    })
    return {
      send: (text) => {
        if (this.spendEffect(life)) throw new CrashSignal('crashed')
        line.send(text)
        if (this.spendEffect(life)) throw new CrashSignal('crashed')
      },
      ping: (payload) => line.ping(payload),
      close: () => line.close(),
    }
  }

  private guard(life: Life, run: () => void): void {
    if (life.isDead) return
    try {
      run()
    } catch (error) {
      if (!(error instanceof CrashSignal)) throw error
    }
  }

  private secret(byteCount: number): string {
    return Buffer.from(Array.from({ length: byteCount }, () => this.random.integerBelow(256))).toString(
      'base64url',
    )
  }

  private receiveSlice<Name extends SliceName>(name: Name, value: Slices[Name]): void {
    if (name === 'link') this.receiveLink(value as Slices['link'])
    if (name === 'kiosk') this.kiosk = value as Slices['kiosk']
    if (name !== 'spaces') return
    const slice = value as Slices['spaces']
    if (slice.isWhole) this.screen.clear()
    for (const space of slice.spaces) this.screen.set(space.id, space)
    for (const id of slice.gone) this.screen.delete(id)
  }

  /** Hub time is the simulation's own, and the device must never be more certain of it than it is right. [SYN-40] */
  private receiveLink(link: LinkSlice): void {
    this.link = link
    const { hubNowMs, hubNowPlusMinusMs } = link
    if (hubNowMs === null || hubNowPlusMinusMs === null) return
    const byMs = hubNowMs - START_MS - this.world.time.nowMs
    if (Math.abs(byMs) > hubNowPlusMinusMs) this.world.mistook(this, byMs, hubNowPlusMinusMs)
  }

  /** `cache.db` is not synced to the disk at each commit: a power cut may put it back to any earlier state. */
  private losePower(): void {
    this.boot()
    const kept = join(this.folder, 'kept-cache.db')
    if (!existsSync(kept) || this.random.withProbability(0.5)) return
    rmSync(join(this.folder, 'cache.db-wal'), { force: true })
    cpSync(kept, join(this.folder, 'cache.db'))
  }

  private keepCache(): void {
    if (existsSync(join(this.folder, 'cache.db')))
      cpSync(join(this.folder, 'cache.db'), join(this.folder, 'kept-cache.db'))
  }
}
