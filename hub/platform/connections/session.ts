import type { Assignment } from '#shared/domain/kiosk.ts'
import {
  MAX_FRAME_BYTES_UP,
  type Applied,
  type Fork,
  type Hello,
  type HubMessage,
  type KioskMessage,
  type LineErrorCode,
  type Pull,
  type Push,
  type Request,
  type Reply,
  MAX_PUSH_MUTATIONS,
  type Welcome,
} from '#shared/wire/messages.ts'
import { PROTOCOLS } from '#shared/wire/version.ts'
import type { KioskLine, LineHandler, Chance, HubClock } from '../ports.ts'
import type { KioskRow } from './kiosk-sessions.ts'
import { makeAssignment } from './make-assignment.ts'
import type { Committed, Answer } from '../writer/batch.ts'
import { makeMember, type Member } from '../broadcast/audience-parts.ts'
import type { Opened, HelloDesk } from './handshake-batcher.ts'
import { MAX_REST_MS, Pace } from './throttle.ts'
import { parseKioskMessage } from './parse-kiosk-message.ts'

import type { Seal } from '../secrets/head-signature.ts'
import type { HubLog } from '../log.ts'
import type { HubMetrics } from '../metrics.ts'
import type { Audience } from '../broadcast/fan-out.ts'
import type { ForkAnswer } from './sync-features.ts'
import type { InFlight } from '../writer/in-flight.ts'
import type { Sightings } from './status-batcher.ts'
import type { TenantWriter } from '../writer/tenant-writer.ts'

/** A hello, and a fork, must come within this. [SYN-10] */
const HELLO_MS = 5_000
/** A kiosk answers each heartbeat; after this many without a word its line is dead. */
const SILENT_HEARTBEATS = 4
/** How soon a kiosk may come again when the database did not answer its hello. */
const BYE_RETRY_MS = 1_000

const FORK_REFUSALS = { badKey: 'malformed', tooMany: 'forked', revoked: 'revoked' } as const

type Stage = 'challenged' | 'checking' | 'open' | 'forkable' | 'ended'

/** What every session of a hub shares. */
export interface SessionParts {
  clock: HubClock
  chance: Chance
  log: HubLog
  metrics: HubMetrics
  inFlight: InFlight
  writer: TenantWriter
  desk: HelloDesk
  sightings: Sightings
  heartbeatMs: number
  seal(): Seal
  /** Hub time, ms since 1970. */
  nowMs(): number
  /** A session was opened: it is the newest of its kiosk, an older one here ends. [SYN-12] */
  enter(session: Session): Audience
  left(session: Session): void
  /** [SYN-22] */
  checkPin(kiosk: { kioskId: number; universityId: number }, pin: string): Promise<Reply['answer']>
  /** The id of the forked device's new identity, or why it gets none. [SYN-12] */
  fork(proven: { kioskId: number; universityId: number }, publicKey: string): Promise<ForkAnswer>
}

/** One kiosk's line, from challenge to end. Anything malformed or out of turn ends it and changes nothing. [SYN-10] [SYN-15] */
export class Session implements LineHandler {
  private readonly parts: SessionParts
  private readonly line: KioskLine
  private readonly host: string
  private readonly nonce: string
  private stage: Stage = 'challenged'
  private cancelTimer: () => void
  private opened: Opened | null = null
  /** Who proved itself on this line; set also when it turned out to be a clone. */
  private proven: { kioskId: number; universityId: number } | null = null
  private assignment: Assignment | null = null
  private audience: Audience | null = null
  private member: Member | null = null
  private isPushing = false
  private isAsking = false
  private readonly pace: Pace
  private heardAtMs: number

  constructor(parts: SessionParts, line: KioskLine, host: string) {
    this.parts = parts
    this.line = line
    this.host = host
    this.nonce = parts.chance.secret(16)
    this.heardAtMs = parts.clock.elapsedMs()
    this.pace = new Pace(parts.clock, line)
    this.cancelTimer = parts.clock.after(HELLO_MS, () => this.end('helloTimeout'))
    this.send({ type: 'challenge', nonce: this.nonce, protocols: [...PROTOCOLS] })
  }

  get kioskId(): number | null {
    return this.opened?.kioskId ?? null
  }

  get universityId(): number | null {
    return this.opened?.universityId ?? null
  }

  received(text: string): void {
    this.door(() => {
      if (this.stage === 'ended') return undefined
      this.heardAtMs = this.parts.clock.elapsedMs()
      if (text.length > MAX_FRAME_BYTES_UP) return this.end('tooLarge')
      const parsed = parseKioskMessage(text)
      return parsed.ok ? this.handle(parsed.value) : this.end('malformed')
    })
  }

  receivedTooLarge(): void {
    this.door(() => this.end('tooLarge'))
  }

  ended(): void {
    this.door(() => this.forget())
  }

  /** Ends the line with a code; the kiosk knows what to do. */
  end(code: LineErrorCode): void {
    if (this.stage === 'ended') return
    this.send({ type: 'err', code, fatal: true })
    if (code === 'stalled') this.line.terminate()
    else this.line.close()
    this.forget()
  }

  /** The hub goes down, or cannot serve now. */
  sayBye(retryAfterMs: number): void {
    if (this.stage === 'ended') return
    this.send({ type: 'bye', retryAfterMs })
    this.line.close()
    this.forget()
  }

  /** Its kiosk or university may have changed. [SYN-12] [SYN-28] */
  reassign(row: KioskRow): void {
    if (this.opened === null) return
    if (row.isRevoked) return this.end('revoked')
    if (row.session !== this.opened.session) return this.end('superseded')
    const assignment = makeAssignment(row)
    if (JSON.stringify(assignment) === JSON.stringify(this.assignment)) return
    this.assignment = assignment
    this.send({ type: 'assignment', assignment })
  }

  /** Number of its session, to tell an older one from a newer. */
  get number(): number {
    return this.opened?.session ?? 0
  }

  /** Ends a line on which nothing was heard for too long. */
  sweep(): void {
    const silentMs = this.parts.clock.elapsedMs() - this.heardAtMs
    if (this.stage === 'open' && silentMs > SILENT_HEARTBEATS * this.parts.heartbeatMs + MAX_REST_MS)
      this.end('stalled')
  }

  private handle(message: KioskMessage): void | Promise<void> {
    const isOpen = this.stage === 'open'
    if (message.type === 'hello' && this.stage === 'challenged') return this.hello(message)
    if (message.type === 'fork' && this.stage === 'forkable') return this.fork(message)
    if (message.type === 'push' && isOpen && !this.isPushing) return this.push(message)
    if (message.type === 'applied' && isOpen) return this.applied(message)
    if (message.type === 'pull' && isOpen) return this.pull(message)
    if (message.type === 'request' && isOpen && !this.isAsking) return this.request(message)
    return this.end('unexpected')
  }

  private async hello(hello: Hello): Promise<void> {
    if (!PROTOCOLS.includes(hello.protocol)) return this.end('upgrade')
    this.stage = 'checking'
    this.cancelTimer()
    try {
      const result = await this.parts.desk.open(hello, { nonce: this.nonce, host: this.host })
      if (this.isEnded()) return undefined
      if (result.verdict === 'refused') return this.end(result.code)
      this.proven = { kioskId: result.kioskId, universityId: result.universityId }
      if (result.verdict === 'forked') return this.offerFork()
      return await this.open(result, hello)
    } catch (error) {
      // The database did not answer: no bug, and the kiosk comes again.
      this.parts.log.warn('a hello could not be answered', { kioskId: hello.kioskId, err: error })
      return this.sayBye(BYE_RETRY_MS)
    }
  }

  private async open(result: Opened, hello: Hello): Promise<void> {
    this.opened = result
    this.assignment = result.assignment
    const audience = this.parts.enter(this)
    this.audience = audience
    const from = result.needsSnapshot ? null : hello.cursor
    const isOld = hello.protocol < (PROTOCOLS[0] ?? 0)
    const answer = await audience.open(from, isOld, result.clock)
    if (this.isEnded()) return
    if (answer === null || answer.epoch !== result.epoch) return this.end('epochChanged')
    this.stage = 'open'
    this.send(makeWelcome(this.parts, result, answer.to))
    const end = (code: LineErrorCode): void => this.end(code)
    this.member = makeMember(this.line, { isOld, told: from ?? 0, nowMs: this.parts.clock.elapsedMs(), end })
    audience.admit(this.member, answer, from)
  }

  private push(push: Push): void {
    const { opened } = this
    if (opened === null) return
    this.isPushing = true
    const arrivedMs = this.parts.clock.elapsedMs()
    const { kioskId, session, universityId } = opened
    this.parts.writer.push(universityId, {
      kioskId,
      session,
      mutations: push.mutations,
      arrivedMs,
      answer: (answer, committed) => this.door(() => this.answered(answer, committed, arrivedMs)),
    })
    this.pace.took(push.mutations.length, this.assignment?.reportsPerSecond ?? 1)
  }

  private answered(answer: Answer | null, committed: Committed | null, arrivedMs: number): void {
    if (this.isEnded() || this.opened === null) return
    this.isPushing = false
    if (answer === null || committed === null) return this.sayBye(BYE_RETRY_MS)
    if (committed.epoch !== this.opened.epoch) return this.end('epochChanged')
    const { verdict, lastMutationId, outcomes } = answer
    if (verdict === 'superseded' || verdict === 'revoked' || verdict === 'unknownKiosk')
      return this.end(verdict)
    if (verdict === 'forked') return this.offerFork()
    const { universityId, epoch } = this.opened
    const mac = this.parts.seal().sign(universityId, epoch, committed.clock)
    this.send({ type: 'ack', lastMutationId, head: committed.clock, mac, outcomes })
    this.parts.metrics.ack(this.parts.clock.elapsedMs() - arrivedMs)
    // Not fatal: its screens go on showing what is true. [SYN-13]
    if (verdict === 'upgrade') this.send({ type: 'err', code: 'upgrade', fatal: false })
  }

  private applied({ ticket, waitingCount, wallMs }: Applied): void {
    if (this.opened === null) return
    const { kioskId, session, universityId } = this.opened
    const clockOffsetMs = Math.max(-8e15, Math.min(8e15, Math.round(wallMs - this.parts.nowMs())))
    const depth = Math.min(waitingCount, 2_147_483_647)
    this.parts.sightings.saw(universityId, {
      id: kioskId,
      session,
      ticket,
      waitingCount: depth,
      clockOffsetMs,
    })
    this.parts.metrics.outboxDepth(kioskId, depth)
  }

  private pull({ cursor, isLost }: Pull): void {
    if (this.member !== null) this.audience?.pull(this.member, isLost === true ? null : cursor)
  }

  private async request({ id, ask }: Request): Promise<void> {
    if (this.opened === null) return
    this.isAsking = true
    const answer = await this.parts.checkPin(this.opened, ask.pin)
    this.isAsking = false
    if (!this.isEnded()) this.send({ type: 'reply', id, answer })
  }

  /** It has shown that it holds the key, and that another device does too: it may take a new identity on this line. [SYN-12] */
  private offerFork(): void {
    this.leaveAudience()
    this.stage = 'forkable'
    this.send({ type: 'err', code: 'forked', fatal: false })
    this.cancelTimer()
    this.cancelTimer = this.parts.clock.after(HELLO_MS, () => this.end('forked'))
  }

  private async fork({ publicKey }: Fork): Promise<void> {
    const { proven } = this
    if (proven === null) return
    this.stage = 'checking'
    this.cancelTimer()
    const made = await this.parts.fork(proven, publicKey)
    if (this.isEnded()) return
    if (typeof made !== 'number') return this.end(FORK_REFUSALS[made])
    this.send({ type: 'forked', kioskId: made })
    this.line.close()
    this.forget()
  }

  private leaveAudience(): void {
    if (this.member !== null) this.audience?.leave(this.member)
    this.member = null
  }

  private forget(): void {
    if (this.stage === 'ended') return
    this.stage = 'ended'
    this.cancelTimer()
    this.pace.stop()
    this.leaveAudience()
    this.parts.left(this)
  }

  private isEnded(): boolean {
    return this.stage === 'ended'
  }

  private send(message: HubMessage): void {
    this.line.send(JSON.stringify(message))
  }

  /** The one door for exceptions of the line: a bug ends this line, is logged, and changes nothing for others. */
  private door(run: () => void | Promise<void>): void {
    const fail = (error: unknown): void => {
      this.parts.log.error('a line ended by a fault of the hub', { kioskId: this.kioskId, err: error })
      this.end('internal')
    }
    try {
      const going = run()
      if (going !== undefined) void this.parts.inFlight.track(going.catch(fail))
    } catch (error) {
      fail(error)
    }
  }
}

/** The welcome of an opened session; `head` is that of the rows which follow. [SYN-10] [SYN-11] */
function makeWelcome(
  parts: Pick<SessionParts, 'seal' | 'nowMs' | 'heartbeatMs'>,
  opened: Opened,
  head: number,
): Welcome {
  const { universityId, epoch, lastMutationId, ticket, assignment } = opened
  const { heartbeatMs } = parts
  return {
    type: 'welcome',
    epoch,
    head,
    mac: parts.seal().sign(universityId, epoch, head),
    lastMutationId,
    nowMs: parts.nowMs(),
    ticket,
    assignment,
    limits: { heartbeatMs, maxFrameBytes: MAX_FRAME_BYTES_UP, maxPushMutations: MAX_PUSH_MUTATIONS },
  }
}
