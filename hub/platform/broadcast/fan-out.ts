import { nextTickMs, type AudienceDependencies, type AudienceMember } from './audience-member.ts'
import type { CommitResult } from '../writer/batch.ts'
import { deliverBuffers } from './deliver-buffers.ts'
import { makeFeed, type Feed, type FeedAnswer } from './feed.ts'
import { FrameRing } from './frame-ring.ts'
import { Frame } from './frame.ts'
import { makeFrameChunks } from './frame-chunks.ts'
import { Mirror } from './mirror.ts'
import type { Taker } from './taker.ts'
import { TimeSlices } from './time-slices.ts'

/** How soon a member that is behind is checked again. */
const RECHECK_MS = 50
/** A socket with more unsent than this is behind. [SYN-24] */
const BEHIND_BYTES = 262_144
/** It is served again when this little is left. */
const DRAINED_BYTES = 65_536
/** How long a socket may take no bytes. [SYN-24] */
const STALL_MS = 30_000

/**
 * All kiosks of one university at this hub, or all people's pages: one frame per tick, serialised once, the same bytes to every live socket.
 * Commits of this hub come from memory; a gap is read from the database. [SYN-8] [SYN-21] [SYN-24]
 */
export class Audience {
  readonly universityId: number
  readonly members = new Set<AudienceMember>()
  private readonly dependencies: AudienceDependencies
  private readonly feed: Feed
  private mirror: Mirror | null = null
  /** Head of the last frame that was broadcast. */
  private broadcastClock = 0
  /** Greatest clock that a commit, a notification or the poll named. */
  private noticedClock = 0
  private readonly recentFrames = new FrameRing()
  private readonly sending: TimeSlices<AudienceMember>
  /** What is being read; false: there is no such university. */
  private refreshing: Promise<boolean> | null = null
  private cancelTick: (() => void) | null = null
  private cancelHeartbeat: (() => void) | null = null
  private lastTickMs = -Infinity
  private tickMs: number
  private waitingSinceMs: number | null = null
  /** Members that are about to join, and those that are sent what they missed. */
  private readerCount = 0
  private isStopped = false

  constructor(dependencies: AudienceDependencies, universityId: number) {
    this.dependencies = dependencies
    this.universityId = universityId
    this.tickMs = dependencies.view.tickMs
    this.feed = makeFeed(dependencies, universityId)
    this.sending = new TimeSlices(dependencies.clock)
  }

  /**
   * Reads what a member misses: everything, or what changed after `from`; not older than `atLeast`. Everything, too, where the
   * choice of rows may be another one since `from`. [SYN-32]
   */
  async readMissed(from: number | null, taker: Taker, atLeast: number): Promise<FeedAnswer | null> {
    this.readerCount += 1
    try {
      await this.loadMirror()
      const { form } = taker
      const missed = await this.feed.read(
        from,
        form,
        Math.max(atLeast, from === null ? 0 : this.broadcastClock),
      )
      return missed?.frame.reshapes(taker) === true ? await this.feed.read(null, form, missed.to) : missed
    } finally {
      this.readerCount -= 1
    }
  }

  /** Whether what its members hold is of this epoch. */
  async hasEpoch(epoch: string): Promise<boolean> {
    this.readerCount += 1
    try {
      await this.loadMirror()
      return this.mirror?.epoch === epoch
    } finally {
      this.readerCount -= 1
    }
  }

  /** Nobody listens, and nobody is about to. */
  isEmpty(): boolean {
    return this.members.size === 0 && this.readerCount === 0
  }

  /** Adds a member and sends what it missed; from then on it is sent every frame. */
  join(member: AudienceMember, answer: FeedAnswer, from: number | null): void {
    this.members.add(member)
    this.startHeartbeats()
    this.serve(member, answer, this.buffersOf(answer, member, from))
  }

  /** Its assignment is another one: it needs other rows, where it holds any of less than the university. [SYN-32] */
  retake(member: AudienceMember, taker: Taker): void {
    const isOther = taker.key !== member.taker.key
    member.taker = taker
    if (isOther) this.replace(member)
  }

  leave(member: AudienceMember): void {
    member.state = 'gone'
    member.cancel()
    this.members.delete(member)
  }

  /** A kiosk asks again, from its own cursor, or from nothing. While it is being sent what it missed, the request is ignored. [SYN-8] [SYN-9] */
  pull(member: AudienceMember, cursor: number | null): void {
    if (member.state === 'catching' || member.state === 'gone') return
    this.catchUp(member, cursor)
  }

  /** A commit of this hub. */
  committed(commit: CommitResult): void {
    this.noticedClock = Math.max(this.noticedClock, commit.clock)
    const { mirror } = this
    if (mirror === null || !commit.isStep) return
    if (commit.epoch !== mirror.epoch) this.refresh()
    else if (commit.clock === mirror.head + 1 && commit.factsClock === mirror.factsClock) {
      mirror.applyCommit(commit.clock, commit.leaves, commit.rows)
      this.scheduleTick()
    } else if (commit.clock > mirror.head) this.refresh()
  }

  /** Another hub, the poll or a rolled epoch named `head`: reads what is missing. [SYN-27] */
  noticeHead(head: number, epoch: string | null): void {
    if (epoch !== null && this.mirror !== null && epoch !== this.mirror.epoch) {
      this.changeEpoch()
      return
    }
    this.noticedClock = Math.max(this.noticedClock, head)
    if (this.mirror !== null && head > this.mirror.head) this.refresh()
  }

  /** Ends members that take no bytes any more; answers how many are behind. Called about once a second. */
  endStalled(): number {
    const nowMs = this.dependencies.clock.elapsedMs()
    let behindCount = 0
    for (const member of this.members) {
      if (member.state === 'live') continue
      if (member.state === 'behind') behindCount += 1
      const unsentBytes = member.connection.bufferedBytes()
      if (unsentBytes < member.unsentBytes || unsentBytes === 0) member.stalledSinceMs = nowMs
      member.unsentBytes = unsentBytes
      if (nowMs - member.stalledSinceMs >= STALL_MS) member.end('stalled')
    }
    return behindCount
  }

  stop(): void {
    this.isStopped = true
    this.cancelTick?.()
    this.sending.abandon()
    this.cancelHeartbeat?.()
    for (const member of this.members) this.leave(member)
  }

  private async loadMirror(): Promise<void> {
    // Changes that are being read bring no mirror where the epoch ended meanwhile: everything is read after them.
    while (this.mirror === null && !this.isStopped) {
      this.refreshing ??= this.dependencies.inFlight.track(this.reload())
      if (!(await this.refreshing)) return
    }
  }

  private async reload(): Promise<boolean> {
    try {
      const whole = await this.feed.readRows(null)
      if (whole === null || this.isStopped) return false
      this.mirror = new Mirror(whole)
      this.broadcastClock = whole.head
      this.recentFrames.clear()
      // Facts that changed since the hello of those who wait for it are in it already: no later commit tells of them.
      this.dependencies.factsChanged(this.universityId)
    } finally {
      this.refreshing = null
    }
    this.refreshIfBehind()
    return true
  }

  private refresh(): void {
    this.refreshing ??= this.dependencies.inFlight.track(this.readChanges())
  }

  private async readChanges(): Promise<boolean> {
    const { mirror } = this
    try {
      const feed = mirror === null ? null : await this.feed.readRows(mirror.head)
      if (feed === null || mirror === null || mirror !== this.mirror) return true
      if (feed.epoch !== mirror.epoch) {
        this.changeEpoch()
        return true
      }
      // A commit of this hub may have been applied meanwhile: rows never go back.
      if (feed.head > mirror.head) this.applyFeed(mirror, feed)
    } catch (error) {
      this.dependencies.log.warn('changes-not-read', 'Changes could not be read.', {
        universityId: this.universityId,
        err: error,
      })
      // The next poll of the heads tries again.
      if (mirror === this.mirror) this.noticedClock = mirror?.head ?? 0
    } finally {
      this.refreshing = null
    }
    this.refreshIfBehind()
    return true
  }

  private applyFeed(mirror: Mirror, feed: Parameters<Mirror['applyFeed']>[0]): void {
    const haveFactsChanged = feed.factsClock !== mirror.factsClock
    mirror.applyFeed(feed)
    this.scheduleTick()
    if (haveFactsChanged) this.dependencies.factsChanged(this.universityId)
  }

  private refreshIfBehind(): void {
    if (this.mirror !== null && this.noticedClock > this.mirror.head && !this.isStopped) this.refresh()
  }

  private changeEpoch(): void {
    this.dependencies.log.warn(
      'epoch-changed',
      'The epoch changed: all kiosks and pages reload their data.',
      {
        universityId: this.universityId,
      },
    )
    this.mirror = null
    this.noticedClock = 0
    this.sending.abandon()
    this.recentFrames.clear()
    this.feed.reset()
    for (const member of this.members) member.end('epochChanged')
  }

  private scheduleTick(): void {
    const nowMs = this.dependencies.clock.elapsedMs()
    this.waitingSinceMs ??= nowMs
    if (this.cancelTick !== null || this.sending.isRunning || this.isStopped) return
    const delayMs = Math.max(0, this.lastTickMs + this.tickMs - nowMs)
    this.cancelTick = this.dependencies.clock.after(delayMs, () => this.tick())
  }

  private tick(): void {
    this.sending.finish()
    this.cancelTick?.()
    this.cancelTick = null
    const { mirror, dependencies } = this
    if (mirror === null || mirror.head === this.broadcastClock) return
    const startedMs = dependencies.clock.elapsedMs()
    const waitingSinceMs = this.waitingSinceMs ?? startedMs
    this.waitingSinceMs = null
    this.lastTickMs = startedMs
    const pending = mirror.takePending()
    const chunks = makeFrameChunks(mirror.epoch, this.broadcastClock, mirror.head, pending)
    const frame = new Frame(chunks, pending)
    this.broadcastClock = mirror.head
    this.recentFrames.keep(frame)
    const send = (member: AudienceMember): void => this.sendFrame(member, frame)
    this.sending.start(this.members, send, (costMs) => {
      frame.forgetOwn()
      this.tickMs = nextTickMs(dependencies.view, costMs)
      dependencies.metrics.fanOutLag(dependencies.clock.elapsedMs() - waitingSinceMs)
      if (mirror === this.mirror && mirror.head !== this.broadcastClock) this.scheduleTick()
    })
  }

  private sendFrame(member: AudienceMember, frame: Frame): void {
    if (member.state !== 'live' || member.sentClock >= frame.to) return
    if (member.connection.bufferedBytes() > BEHIND_BYTES) this.fallBehind(member)
    else if (frame.reshapes(member.taker)) this.catchUp(member, null)
    else if (!member.taker.form.hasLevels) this.catchUp(member, member.sentClock)
    else {
      for (const buffer of frame.buffersFor(member.taker, this.mirror?.lines ?? null))
        member.connection.send(buffer)
      member.sentClock = frame.to
    }
  }

  /** Sends everything anew: now, or when what is on its way has gone. */
  private replace(member: AudienceMember): void {
    if (member.state === 'live') this.catchUp(member, null)
    else member.needsSnapshot = true
  }

  private fallBehind(member: AudienceMember): void {
    member.state = 'behind'
    member.unsentBytes = member.connection.bufferedBytes()
    member.stalledSinceMs = this.dependencies.clock.elapsedMs()
    const recheck = (): void => {
      if (member.state !== 'behind') return
      if (member.connection.bufferedBytes() <= DRAINED_BYTES) this.makeLive(member)
      else member.cancel = this.dependencies.clock.after(RECHECK_MS, recheck)
    }
    member.cancel = this.dependencies.clock.after(RECHECK_MS, recheck)
  }

  /** Makes a member live, with kept frames where they reach back far enough, else from the database. */
  private makeLive(member: AudienceMember): void {
    if (member.needsSnapshot) {
      member.needsSnapshot = false
      return this.catchUp(member, null)
    }
    if (member.sentClock >= this.broadcastClock) {
      member.state = 'live'
      return undefined
    }
    const { hasLevels } = member.taker.form
    const missed = hasLevels ? this.recentFrames.since(member, this.mirror?.lines ?? null) : null
    if (missed !== null) return this.serve(member, { to: this.broadcastClock }, missed)
    return this.catchUp(member, member.sentClock)
  }

  private catchUp(member: AudienceMember, from: number | null): void {
    member.state = 'catching'
    member.stalledSinceMs = this.dependencies.clock.elapsedMs()
    const isCurrent = (): boolean => this.members.has(member) && !this.isStopped
    this.readMissed(from, member.taker, this.broadcastClock).then(
      (answer) => {
        if (answer === null || !isCurrent()) return
        if (answer.epoch === this.mirror?.epoch)
          this.serve(member, answer, this.buffersOf(answer, member, from))
        else member.end('epochChanged')
      },
      (error: unknown) => {
        this.dependencies.log.warn('catch-up-failed', 'A catch-up could not be read.', {
          universityId: this.universityId,
          err: error,
        })
        if (isCurrent()) member.cancel = this.dependencies.clock.after(1000, () => this.catchUp(member, from))
      },
    )
  }

  /** The parts of an answer that a member at `from` is sent; none when it has all of it. */
  private buffersOf(answer: FeedAnswer, { taker }: AudienceMember, from: number | null): readonly Buffer[] {
    if (answer.from !== null && from === answer.to) return []
    const buffers = answer.frame.buffersFor(taker, answer.lines ?? this.mirror?.lines ?? null)
    answer.frame.forgetOwn()
    return buffers
  }

  private serve(member: AudienceMember, answer: { to: number }, buffers: readonly Buffer[]): void {
    member.state = 'catching'
    member.stalledSinceMs = this.dependencies.clock.elapsedMs()
    let isDone = false
    const cancel = deliverBuffers(this.dependencies.clock, member.connection, buffers, () => {
      isDone = true
      if (member.state !== 'catching') return
      member.sentClock = answer.to
      this.makeLive(member)
    })
    // When all was handed over at once, what came next has set a cancel of its own.
    if (!isDone) member.cancel = cancel
  }

  private startHeartbeats(): void {
    if (this.cancelHeartbeat !== null || this.isStopped) return
    this.cancelHeartbeat = this.dependencies.clock.after(this.dependencies.view.heartbeatMs, () => {
      this.cancelHeartbeat = null
      if (this.members.size === 0) return
      this.sendHeartbeat()
      this.startHeartbeats()
    })
  }

  /** The digest is that of the head broadcast last: what waits is sent first. [SYN-14] */
  private sendHeartbeat(): void {
    this.tick()
    this.sending.finish()
    const { mirror } = this
    if (mirror === null) return
    const make = this.dependencies.view.heartbeat(this.universityId, mirror)
    if (make === null) return
    const made = new Map<string, Buffer>()
    for (const { state, taker, connection } of this.members) {
      if (state !== 'live') continue
      const buffer = made.get(taker.key) ?? make(mirror.digestText(taker))
      made.set(taker.key, buffer)
      connection.send(buffer)
    }
  }
}
