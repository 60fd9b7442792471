import type { Assignment } from '#shared/domain/kiosk.ts'
import {
  MAX_FRAME_BYTES_UP,
  type Applied,
  type Fork,
  type Hello,
  type HubMessage,
  type KioskMessage,
  type ConnectionErrorCode,
  type Pull,
  type Push,
  type Request,
  type Reply,
  MAX_PUSH_MUTATIONS,
  type Welcome,
} from '#shared/wire/messages.ts'
import { hasCapabilities, PROTOCOLS } from '#shared/wire/version.ts'
import type { Connection, ConnectionHandler, RandomSource, HubClock } from '../ports.ts'
import type { KioskRow } from './kiosk-session-rows.ts'
import { makeAssignment } from './make-assignment.ts'
import type { CommitResult, PushAnswer } from '../writer/batch.ts'
import { makeMember, type AudienceMember } from '../broadcast/audience-member.ts'
import type { SeenCollection } from '../broadcast/collection.ts'
import type { FeedAnswer } from '../broadcast/feed.ts'
import type { Taker } from '../broadcast/taker.ts'
import { agreeOn, coversTaken, namesCapabilities, outcomeFor, takerOfKiosk } from './capabilities.ts'
import type { HandshakeBatcher } from './handshake-batcher.ts'
import type { AcceptedHello } from './open-sessions.ts'
import { MAX_PAUSE_MS, Throttle } from './throttle.ts'
import { parseKioskMessage } from './parse-kiosk-message.ts'

import type { HeadSignature } from '../secrets/head-signature.ts'
import type { ResumeKeys } from '../secrets/resume-keys.ts'
import type { HubLog } from '../log.ts'
import type { HubMetrics } from '../metrics.ts'
import type { Audience } from '../broadcast/fan-out.ts'
import type { ForkAnswer } from './sync-features.ts'
import type { InFlight } from '../writer/in-flight.ts'
import type { StatusBatcher } from './status-batcher.ts'
import type { TenantWriter } from '../writer/tenant-writer.ts'

/** Time in which a hello, and a fork, must come. [SYN-10] */
const HELLO_MS = 5_000
/** A kiosk answers each heartbeat; after this many without a message its connection is dead. */
const SILENT_HEARTBEATS = 4
/** How soon a kiosk may connect again when the database did not answer its hello. */
const BYE_RETRY_MS = 1_000

const FORK_REFUSALS = { badKey: 'malformed', tooMany: 'forked', revoked: 'revoked' } as const

type SessionState = 'challenged' | 'checking' | 'open' | 'forkable' | 'forking' | 'ended'

/** What all kiosks' sessions of a hub share. */
export interface KioskSessionDependencies {
  clock: HubClock
  random: RandomSource
  log: HubLog
  metrics: HubMetrics
  inFlight: InFlight
  writer: TenantWriter
  handshakes: HandshakeBatcher
  statuses: StatusBatcher
  heartbeatMs: number
  /** What this hub can send and take. [SYN-34] */
  capabilities: readonly string[]
  /** Rows beside spaces that it can send. */
  collections: readonly SeenCollection[]
  headSignature(): HeadSignature
  resumeKeys(): ResumeKeys
  /** Hub time, ms since 1970. */
  nowMs(): number
  /** A session was opened; an older one of the same kiosk at this hub ends. Gives the audience that it joins. [SYN-12] */
  sessionOpened(session: KioskSession): Audience
  sessionClosed(session: KioskSession): void
  /** [SYN-22] */
  checkPin(kiosk: { kioskId: number; universityId: number }, pin: string): Promise<Reply['answer']>
  /** The id of the forked device's new identity, or why it gets none. [SYN-12] */
  fork(proven: { kioskId: number; universityId: number }, publicKey: string): Promise<ForkAnswer>
}

/** One connection of a kiosk, from challenge to end. A message that is malformed or comes at the wrong time ends it and changes nothing. [SYN-10] [SYN-15] */
export class KioskSession implements ConnectionHandler {
  private readonly dependencies: KioskSessionDependencies
  private readonly connection: Connection
  private readonly host: string
  private nonce: string
  /** A hello that was to resume did not: the next one must be signed. [SYN-39] */
  private isSignatureDue = false
  private state: SessionState = 'challenged'
  private cancelTimer: () => void
  private accepted: AcceptedHello | null = null
  /** The kiosk whose proof was right; set also when it turned out to be a clone. */
  private proven: { kioskId: number; universityId: number } | null = null
  /** That proof was a signature: for less nobody gets a new identity. [SYN-39] */
  private isSigned = false
  private hasPushed = false
  private assignment: Assignment | null = null
  private protocol = 0
  /** Capabilities that both sides know. [SYN-34] */
  private agreed: readonly string[] = []
  private audience: Audience | null = null
  private member: AudienceMember | null = null
  private isPushPending = false
  private isRequestPending = false
  private readonly throttle: Throttle
  /** For how long no message came while one was due, and when that was last looked at (elapsed ms), with how many bytes unsent. */
  private readonly silence: { ms: number; lookedAtMs: number; unsentBytes: number }

  constructor(dependencies: KioskSessionDependencies, connection: Connection, host: string) {
    this.dependencies = dependencies
    this.connection = connection
    this.host = host
    this.nonce = dependencies.random.secret(16)
    this.silence = { ms: 0, lookedAtMs: dependencies.clock.elapsedMs(), unsentBytes: 0 }
    this.throttle = new Throttle(dependencies.clock, connection)
    this.cancelTimer = this.challenge()
  }

  get kioskId(): number | null {
    return this.accepted?.kioskId ?? null
  }

  get universityId(): number | null {
    return this.accepted?.universityId ?? null
  }

  received(text: string): void {
    this.catchErrors(() => {
      if (this.state === 'ended') return undefined
      Object.assign(this.silence, { ms: 0, lookedAtMs: this.dependencies.clock.elapsedMs() })
      if (text.length > MAX_FRAME_BYTES_UP) return this.end('tooLarge')
      const parsed = parseKioskMessage(text)
      return parsed.ok ? this.handle(parsed.value) : this.end('malformed')
    })
  }

  receivedTooLarge(): void {
    this.catchErrors(() => this.end('tooLarge'))
  }

  ended(): void {
    this.catchErrors(() => this.release())
  }

  /** Ends the connection with an error code, from which the kiosk knows what to do. */
  end(code: ConnectionErrorCode): void {
    if (this.state === 'ended') return
    this.send({ type: 'err', code, fatal: true })
    if (code === 'stalled') this.connection.terminate()
    else this.connection.close()
    this.release()
  }

  /** Ends the connection without an error: the hub shuts down, or cannot serve now. */
  sayBye(retryAfterMs: number): void {
    if (this.state === 'ended') return
    this.send({ type: 'bye', retryAfterMs })
    this.connection.close()
    this.release()
  }

  /** Takes over the kiosk's row as it is now: ends the session when it was revoked or replaced, sends the assignment when that changed. [SYN-12] [SYN-28] */
  updateAssignment(row: KioskRow): void {
    if (this.accepted === null) return
    if (row.isRevoked) return this.end('revoked')
    if (row.session !== this.accepted.session) return this.end('superseded')
    const assignment = makeAssignment(row, this.protocol)
    if (JSON.stringify(assignment) === JSON.stringify(this.assignment)) return
    this.assignment = assignment
    // Before the welcome, that says it.
    if (this.member === null) return
    this.send({ type: 'assignment', assignment })
    this.audience?.retake(this.member, this.taker(assignment))
  }

  /** Number of its session: a kiosk's newer session has a greater one. 0 before the hello. */
  get sessionNumber(): number {
    return this.accepted?.session ?? 0
  }

  /**
   * Ends the connection when no message came for four heartbeats and a throttle's pause; called about once a second. Time counts only
   * while the kiosk is sent heartbeats, and anew once unsent bytes became fewer: who is still being sent rows has nothing to answer. [SYN-66]
   */
  endIfSilent(): void {
    const { silence } = this
    const nowMs = this.dependencies.clock.elapsedMs()
    const passedMs = nowMs - silence.lookedAtMs
    const unsentBytes = this.connection.bufferedBytes()
    if (unsentBytes < silence.unsentBytes) silence.ms = 0
    else if (this.member?.state === 'live') silence.ms += passedMs
    Object.assign(silence, { lookedAtMs: nowMs, unsentBytes })
    if (silence.ms > SILENT_HEARTBEATS * this.dependencies.heartbeatMs + MAX_PAUSE_MS) this.end('stalled')
  }

  private handle(message: KioskMessage): void | Promise<void> {
    const isOpen = this.state === 'open'
    if (message.type === 'hello' && this.state === 'challenged') return this.hello(message)
    if (message.type === 'fork' && this.mayFork()) return this.fork(message)
    if (message.type === 'push' && isOpen && !this.isPushPending) return this.push(message)
    if (message.type === 'applied' && isOpen) return this.applied(message)
    if (message.type === 'pull' && isOpen) return this.pull(message)
    if (message.type === 'request' && isOpen && !this.isRequestPending) return this.request(message)
    // It was on its way when the kiosk was told that it is forked.
    const isForking = this.state === 'forkable' || this.state === 'forking'
    if (isForking && ['applied', 'pull', 'request'].includes(message.type)) return undefined
    return this.end('unexpected')
  }

  /** Sends the challenge; gives what cancels the wait for its hello. [SYN-10] */
  private challenge(): () => void {
    this.send({ type: 'challenge', nonce: this.nonce, protocols: [...PROTOCOLS] })
    return this.dependencies.clock.after(HELLO_MS, () => this.end('helloTimeout'))
  }

  /** Asks for a signature on the same connection, whatever it was that did not resume. [SYN-39] */
  private askForSignature(): void {
    this.isSignatureDue = true
    this.nonce = this.dependencies.random.secret(16)
    this.state = 'challenged'
    this.cancelTimer = this.challenge()
  }

  private async hello(hello: Hello): Promise<void> {
    if (!PROTOCOLS.includes(hello.protocol)) return this.end('upgrade')
    if (!namesCapabilities(hello)) return this.end('malformed')
    if (this.isSignatureDue && hello.resumeUntilMs !== undefined) return this.end('badProof')
    this.state = 'checking'
    this.cancelTimer()
    try {
      const result = await this.dependencies.handshakes.open(hello, { nonce: this.nonce, host: this.host })
      if (this.isEnded()) return undefined
      if (result.verdict === 'refused') return this.end(result.code)
      if (result.verdict === 'unresumed') return this.askForSignature()
      this.proven = { kioskId: result.kioskId, universityId: result.universityId }
      this.isSigned = hello.resumeUntilMs === undefined
      if (result.verdict === 'forked') return this.offerFork()
      return await this.open(result, hello)
    } catch (error) {
      // The database did not answer: no bug, and the kiosk comes again.
      this.dependencies.log.warn('hello-failed', 'The hello of a kiosk could not be answered.', {
        kioskId: hello.kioskId,
        err: error,
      })
      return this.sayBye(BYE_RETRY_MS)
    }
  }

  private async open(result: AcceptedHello, hello: Hello): Promise<void> {
    this.accepted = result
    this.assignment = result.assignment
    this.protocol = hello.protocol
    this.agreed = agreeOn(hello.capabilities ?? [], this.dependencies.capabilities)
    const audience = this.dependencies.sessionOpened(this)
    this.audience = audience
    const missed = await this.readMissed(audience, result, hello)
    if (this.isEnded()) return
    const { answer, from, taker } = missed
    if (answer === null || answer.epoch !== result.epoch) return this.end('epochChanged')
    this.state = 'open'
    const assignment = this.assignment ?? result.assignment
    const welcome = makeWelcome(this.dependencies, { ...result, assignment }, answer.to)
    this.send(hasCapabilities(this.protocol) ? { ...welcome, capabilities: [...this.agreed] } : welcome)
    const end = (code: ConnectionErrorCode): void => this.end(code)
    const nowMs = this.dependencies.clock.elapsedMs()
    this.member = makeMember(this.connection, { taker, sentClock: from ?? 0, nowMs, end })
    audience.join(this.member, answer, from)
  }

  /** Reads what it misses: everything where it holds nothing of use, or rows of something else. [SYN-8] [SYN-35] */
  private async readMissed(
    audience: Audience,
    result: AcceptedHello,
    { cursor, holds }: Hello,
  ): Promise<{ answer: FeedAnswer | null; from: number | null; taker: Taker }> {
    for (;;) {
      const taker = this.taker(this.assignment ?? result.assignment)
      const from = result.needsSnapshot || !coversTaken(holds, taker) ? null : cursor
      const answer = await audience.readMissed(from, taker, result.clock)
      // It may have been moved meanwhile.
      if (this.isEnded() || taker.key === this.taker(this.assignment ?? result.assignment).key)
        return { answer, from, taker }
    }
  }

  private taker({ spaceId }: Assignment): Taker {
    return takerOfKiosk(this.protocol, this.agreed, this.dependencies.collections, spaceId)
  }

  private push(push: Push): void {
    const { accepted } = this
    if (accepted === null) return
    this.isPushPending = true
    this.hasPushed = true
    const arrivedMs = this.dependencies.clock.elapsedMs()
    const { kioskId, session, universityId } = accepted
    this.dependencies.writer.push(universityId, {
      kioskId,
      session,
      mutations: push.mutations,
      arrivedMs,
      answer: (answer, committed) => this.catchErrors(() => this.pushAnswered(answer, committed, arrivedMs)),
    })
    this.throttle.record(push.mutations.length, this.assignment?.reportsPerSecond ?? 1)
  }

  private pushAnswered(answer: PushAnswer | null, committed: CommitResult | null, arrivedMs: number): void {
    if (this.isEnded() || this.accepted === null) return
    this.isPushPending = false
    if (answer === null || committed === null) return this.sayBye(BYE_RETRY_MS)
    if (committed.epoch !== this.accepted.epoch) return this.end('epochChanged')
    const { verdict, lastMutationId, outcomes } = answer
    if (verdict === 'superseded' || verdict === 'revoked' || verdict === 'unknownKiosk')
      return this.end(verdict)
    if (verdict === 'forked') return this.isSigned ? this.offerFork() : this.end('forked')
    const { universityId, epoch } = this.accepted
    const mac = this.dependencies.headSignature().sign(universityId, epoch, committed.clock)
    const known = outcomes.map((outcome) => outcomeFor(this.protocol, outcome))
    this.send({ type: 'ack', lastMutationId, head: committed.clock, mac, outcomes: known })
    this.dependencies.metrics.ack(this.dependencies.clock.elapsedMs() - arrivedMs)
    // Not fatal: its screens go on showing changes. [SYN-13]
    if (verdict === 'upgrade') this.send({ type: 'err', code: 'upgrade', fatal: false })
  }

  private applied({ ticket, waitingCount, wallMs }: Applied): void {
    if (this.accepted === null) return
    const { kioskId, session, universityId } = this.accepted
    const clockOffsetMs = Math.max(-8e15, Math.min(8e15, Math.round(wallMs - this.dependencies.nowMs())))
    const depth = Math.min(waitingCount, 2_147_483_647)
    this.dependencies.statuses.add(universityId, {
      id: kioskId,
      session,
      ticket,
      waitingCount: depth,
      clockOffsetMs,
    })
    this.dependencies.metrics.outboxDepth(kioskId, depth)
  }

  private pull({ cursor, isLost }: Pull): void {
    if (this.member !== null) this.audience?.pull(this.member, isLost === true ? null : cursor)
  }

  private async request({ id, ask }: Request): Promise<void> {
    if (this.accepted === null) return
    this.isRequestPending = true
    const answer = await this.dependencies.checkPin(this.accepted, ask.pin)
    this.isRequestPending = false
    if (!this.isEnded()) this.send({ type: 'reply', id, answer })
  }

  /** The device holds the kiosk's key, and another device does too: it may ask for a new identity on this connection. [SYN-12] */
  private offerFork(): void {
    this.leaveAudience()
    this.state = 'forkable'
    this.send({ type: 'err', code: 'forked', fatal: false })
    this.cancelTimer()
    this.cancelTimer = this.dependencies.clock.after(HELLO_MS, () => this.end('forked'))
  }

  /** After the welcome too: that ids are missing in its outbox only the device itself knows, where the hub has no ticket to compare. [SYN-12] */
  private mayFork(): boolean {
    return this.state === 'forkable' || (this.state === 'open' && this.isSigned && !this.hasPushed)
  }

  private async fork({ publicKey }: Fork): Promise<void> {
    const { proven } = this
    if (proven === null) return
    this.leaveAudience()
    this.state = 'forking'
    this.cancelTimer()
    let made: ForkAnswer
    try {
      made = await this.dependencies.fork(proven, publicKey)
    } catch (error) {
      // The database did not answer, or too much waits for it: no bug, and the kiosk comes again.
      this.dependencies.log.warn('fork-failed', 'A kiosk could not be given a new identity.', {
        kioskId: proven.kioskId,
        err: error,
      })
      return this.sayBye(BYE_RETRY_MS)
    }
    if (this.isEnded()) return
    if (typeof made !== 'number') return this.end(FORK_REFUSALS[made])
    this.send({ type: 'forked', kioskId: made })
    this.connection.close()
    this.release()
  }

  private leaveAudience(): void {
    if (this.member !== null) this.audience?.leave(this.member)
    this.member = null
  }

  private release(): void {
    if (this.state === 'ended') return
    this.state = 'ended'
    this.cancelTimer()
    this.throttle.stop()
    this.leaveAudience()
    this.dependencies.sessionClosed(this)
  }

  private isEnded(): boolean {
    return this.state === 'ended'
  }

  private send(message: HubMessage): void {
    this.connection.send(JSON.stringify(message))
  }

  /** The one place where exceptions of this connection are caught: a bug ends this connection and is logged; others go on. */
  private catchErrors(run: () => void | Promise<void>): void {
    const fail = (error: unknown): void => {
      this.dependencies.log.error(
        'kiosk-connection-failed',
        'A connection of a kiosk ended by a bug of the hub.',
        { kioskId: this.kioskId, err: error },
      )
      this.end('internal')
    }
    try {
      const going = run()
      if (going !== undefined) void this.dependencies.inFlight.track(going.catch(fail))
    } catch (error) {
      fail(error)
    }
  }
}

/** The welcome of an accepted hello; `head` is that of the rows which follow. [SYN-10] [SYN-11] */
function makeWelcome(
  dependencies: Pick<KioskSessionDependencies, 'headSignature' | 'resumeKeys' | 'nowMs' | 'heartbeatMs'>,
  accepted: AcceptedHello,
  head: number,
): Welcome {
  const { kioskId, universityId, epoch, lastMutationId, ticket, publicKey, assignment } = accepted
  const { heartbeatMs } = dependencies
  const nowMs = dependencies.nowMs()
  return {
    type: 'welcome',
    epoch,
    head,
    mac: dependencies.headSignature().sign(universityId, epoch, head),
    lastMutationId,
    nowMs,
    ticket,
    assignment,
    limits: { heartbeatMs, maxFrameBytes: MAX_FRAME_BYTES_UP, maxPushMutations: MAX_PUSH_MUTATIONS },
    ...(publicKey !== null && {
      resume: dependencies.resumeKeys().issue({ kioskId, publicKey, ticket }, nowMs),
    }),
  }
}
