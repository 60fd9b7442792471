import { nextTickMs, type AudienceParts, type Member } from './audience-parts.ts'
import type { Committed } from '../writer/batch.ts'
import { deliver } from './delivery.ts'
import { makeFeed, type Feed, type FeedAnswer } from './feed.ts'
import { FrameRing } from './frame-ring.ts'
import { Mirror } from './mirror.ts'
import { cutParts, type Parts } from './frame-chunks.ts'
import { Slices } from './slices.ts'

/** How soon one that is behind is looked at again. */
const LOOK_AGAIN_MS = 50
/** A socket with more unsent than this is behind. [SYN-24] */
const BEHIND_BYTES = 262_144
/** It is served again when this little is left. */
const DRAINED_BYTES = 65_536
/** How long a socket may stand still. [SYN-24] */
const STALL_MS = 30_000

/**
 * All kiosks of one university at this hub, or all people's pages: one frame per tick, serialised once, the same bytes to every live socket.
 * Commits of this hub come from memory; a gap is read from the database. [SYN-8] [SYN-21] [SYN-24]
 */
export class Audience {
  readonly universityId: number
  readonly members = new Set<Member>()
  private readonly parts: AudienceParts
  private readonly feed: Feed
  private mirror: Mirror | null = null
  /** Head that the last frame carried. */
  private told = 0
  /** Greatest clock heard of. */
  private heard = 0
  private readonly ring = new FrameRing()
  private readonly telling: Slices<Member>
  private refreshing: Promise<void> | null = null
  private cancelTick: (() => void) | null = null
  private cancelBeat: (() => void) | null = null
  private lastTickMs = -Infinity
  private tickMs: number
  private waitingSinceMs: number | null = null
  private isStopped = false

  constructor(parts: AudienceParts, universityId: number) {
    this.parts = parts
    this.universityId = universityId
    this.tickMs = parts.view.tickMs
    this.feed = makeFeed(parts, universityId)
    this.telling = new Slices(parts.clock)
  }

  /** Reads what a member misses: everything, or what changed after `from`; not older than `atLeast`. */
  async open(from: number | null, isOld: boolean, atLeast: number): Promise<FeedAnswer | null> {
    await this.ready()
    return this.feed.read(from, isOld, Math.max(atLeast, from === null ? 0 : this.told))
  }

  /** Takes a member in with what it misses; from then on it is told everything. */
  admit(member: Member, answer: FeedAnswer, from: number | null): void {
    this.members.add(member)
    this.startBeating()
    this.serve(member, answer, from === answer.to ? [] : answer.buffers)
  }

  leave(member: Member): void {
    member.state = 'gone'
    member.cancel()
    this.members.delete(member)
  }

  /** A kiosk asks again, from its own cursor, or from nothing. While parts are on their way it is not heard. [SYN-8] [SYN-9] */
  pull(member: Member, cursor: number | null): void {
    if (member.state === 'catching' || member.state === 'gone') return
    this.catchUp(member, cursor)
  }

  /** A commit of this hub. */
  committed(commit: Committed): void {
    this.heard = Math.max(this.heard, commit.clock)
    const { mirror } = this
    if (mirror === null || !commit.isStep) return
    if (commit.epoch !== mirror.epoch) this.refresh()
    else if (commit.clock === mirror.head + 1 && commit.factsClock === mirror.factsClock) {
      mirror.applyCommit(commit.clock, commit.leaves)
      this.scheduleTick()
    } else if (commit.clock > mirror.head) this.refresh()
  }

  /** Somebody says that the university is at `head`; read what is missing. [SYN-27] */
  heardOf(head: number, epoch: string | null): void {
    if (epoch !== null && this.mirror !== null && epoch !== this.mirror.epoch) {
      this.changeEpoch()
      return
    }
    this.heard = Math.max(this.heard, head)
    if (this.mirror !== null && head > this.mirror.head) this.refresh()
  }

  /** Members that stand still go; those that drained are served again. Called about once a second. */
  sweep(): number {
    const nowMs = this.parts.clock.elapsedMs()
    let behindCount = 0
    for (const member of this.members) {
      if (member.state === 'live') continue
      if (member.state === 'behind') behindCount += 1
      const unsent = member.line.bufferedBytes()
      if (unsent < member.unsent || unsent === 0) member.stillSinceMs = nowMs
      member.unsent = unsent
      if (nowMs - member.stillSinceMs >= STALL_MS) member.end('stalled')
    }
    return behindCount
  }

  stop(): void {
    this.isStopped = true
    this.cancelTick?.()
    this.telling.drop()
    this.cancelBeat?.()
    for (const member of this.members) this.leave(member)
  }

  private async ready(): Promise<void> {
    while (this.mirror === null && !this.isStopped) {
      this.refreshing ??= this.parts.inFlight.track(this.reload())
      await this.refreshing
      if (this.mirror === null) return
    }
  }

  private async reload(): Promise<void> {
    try {
      const whole = await this.feed.readRows(null)
      if (whole === null || this.isStopped) return
      this.mirror = new Mirror(whole)
      this.told = whole.head
      this.ring.clear()
    } finally {
      this.refreshing = null
    }
    this.refreshIfBehind()
  }

  private refresh(): void {
    this.refreshing ??= this.parts.inFlight.track(this.readOn())
  }

  private async readOn(): Promise<void> {
    const { mirror } = this
    try {
      const feed = mirror === null ? null : await this.feed.readRows(mirror.head)
      if (feed === null || mirror === null || mirror !== this.mirror) return
      if (feed.epoch !== mirror.epoch) {
        this.changeEpoch()
        return
      }
      // A commit of this hub may have been applied meanwhile: rows never go back.
      if (feed.head > mirror.head) this.take(mirror, feed)
    } catch (error) {
      this.parts.log.warn('changes could not be read', { universityId: this.universityId, err: error })
      // The next poll of the heads tries again.
      this.heard = mirror?.head ?? 0
    } finally {
      this.refreshing = null
    }
    this.refreshIfBehind()
  }

  private take(mirror: Mirror, feed: Parameters<Mirror['applyFeed']>[0]): void {
    const isFactsMoved = feed.factsClock !== mirror.factsClock
    mirror.applyFeed(feed)
    this.scheduleTick()
    if (isFactsMoved) this.parts.factsMoved(this.universityId)
  }

  private refreshIfBehind(): void {
    if (this.mirror !== null && this.heard > this.mirror.head && !this.isStopped) this.refresh()
  }

  private changeEpoch(): void {
    this.parts.log.warn('the epoch changed: all kiosks begin anew', { universityId: this.universityId })
    this.mirror = null
    this.heard = 0
    this.telling.drop()
    this.ring.clear()
    this.feed.forget()
    for (const member of this.members) member.end('epochChanged')
  }

  private scheduleTick(): void {
    const nowMs = this.parts.clock.elapsedMs()
    this.waitingSinceMs ??= nowMs
    if (this.cancelTick !== null || this.telling.isRunning || this.isStopped) return
    const delayMs = Math.max(0, this.lastTickMs + this.tickMs - nowMs)
    this.cancelTick = this.parts.clock.after(delayMs, () => this.tick())
  }

  private tick(): void {
    this.telling.finish()
    this.cancelTick?.()
    this.cancelTick = null
    const { mirror, parts } = this
    if (mirror === null || mirror.head === this.told) return
    const startedMs = parts.clock.elapsedMs()
    const waitingSinceMs = this.waitingSinceMs ?? startedMs
    this.waitingSinceMs = null
    this.lastTickMs = startedMs
    const frame = cutParts(mirror.epoch, this.told, mirror.head, mirror.takePending())
    this.told = mirror.head
    this.ring.keep(frame)
    const tell = (member: Member): void => this.tell(member, frame)
    this.telling.start(this.members, tell, (costMs) => {
      this.tickMs = nextTickMs(parts.view, costMs)
      parts.metrics.fanOutLag(parts.clock.elapsedMs() - waitingSinceMs)
      if (mirror === this.mirror && mirror.head !== this.told) this.scheduleTick()
    })
  }

  private tell(member: Member, frame: Parts): void {
    if (member.state !== 'live' || member.told >= frame.to) return
    if (member.line.bufferedBytes() > BEHIND_BYTES) this.fallBehind(member)
    else if (member.isOld) this.catchUp(member, member.told)
    else {
      for (const buffer of frame.buffers) member.line.send(buffer)
      member.told = frame.to
    }
  }

  private fallBehind(member: Member): void {
    member.state = 'behind'
    member.unsent = member.line.bufferedBytes()
    member.stillSinceMs = this.parts.clock.elapsedMs()
    const look = (): void => {
      if (member.state !== 'behind') return
      if (member.line.bufferedBytes() <= DRAINED_BYTES) this.bridge(member)
      else member.cancel = this.parts.clock.after(LOOK_AGAIN_MS, look)
    }
    member.cancel = this.parts.clock.after(LOOK_AGAIN_MS, look)
  }

  /** Makes a member live, with kept frames where they reach back far enough, else from the database. */
  private bridge(member: Member): void {
    const missed = member.isOld ? null : this.ring.since(member.told)
    if (member.told >= this.told) member.state = 'live'
    else if (missed !== null) this.serve(member, { to: this.told }, missed)
    else this.catchUp(member, member.told)
  }

  private catchUp(member: Member, from: number | null): void {
    member.state = 'catching'
    member.stillSinceMs = this.parts.clock.elapsedMs()
    const isCurrent = (): boolean => this.members.has(member) && !this.isStopped
    this.open(from, member.isOld, this.told).then(
      (answer) => {
        if (answer === null || !isCurrent()) return
        if (answer.epoch === this.mirror?.epoch)
          this.serve(member, answer, from === answer.to ? [] : answer.buffers)
        else member.end('epochChanged')
      },
      (error: unknown) => {
        this.parts.log.warn('a catch-up could not be read', { universityId: this.universityId, err: error })
        if (isCurrent()) member.cancel = this.parts.clock.after(1000, () => this.catchUp(member, from))
      },
    )
  }

  private serve(member: Member, answer: { to: number }, buffers: readonly Buffer[]): void {
    member.state = 'catching'
    member.stillSinceMs = this.parts.clock.elapsedMs()
    let isDone = false
    const cancel = deliver(this.parts.clock, member.line, buffers, () => {
      isDone = true
      if (member.state !== 'catching') return
      member.told = answer.to
      this.bridge(member)
    })
    // When all was handed over at once, what came next has set a cancel of its own.
    if (!isDone) member.cancel = cancel
  }

  private startBeating(): void {
    if (this.cancelBeat !== null || this.isStopped) return
    this.cancelBeat = this.parts.clock.after(this.parts.view.heartbeatMs, () => {
      this.cancelBeat = null
      if (this.members.size === 0) return
      this.beat()
      this.startBeating()
    })
  }

  /** The digest is that of the head told last: what waits goes first. [SYN-14] */
  private beat(): void {
    this.tick()
    this.telling.finish()
    const { mirror } = this
    if (mirror === null) return
    const buffer = this.parts.view.heartbeat(this.universityId, mirror)
    if (buffer !== null)
      for (const member of this.members) if (member.state === 'live') member.line.send(buffer)
  }
}
