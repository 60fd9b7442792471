import {
  LIVE_HEARTBEAT_MS,
  LiveClientMessage,
  MAX_LIVE_FRAME_BYTES_UP,
  MAX_LIVE_PROBES,
  type LiveEnd,
  type LiveHello,
  type LiveHubMessage,
} from '#shared/wire/live.ts'
import { makeParse } from '#shared/wire/parse.ts'
import type { FairQueue } from '../fair-queue.ts'
import type { HubLog } from '../log.ts'
import type { HubClock, Connection, ConnectionHandler } from '../ports.ts'
import type { LivePersonRow } from './live-tickets.ts'
import { makeMember, type AudienceMember } from '../broadcast/audience-member.ts'
import type { SeenCollection } from '../broadcast/collection.ts'
import type { Audience } from '../broadcast/fan-out.ts'
import type { FeedAnswer } from '../broadcast/feed.ts'
import { FULL_FORM, PAGE_FORM } from '../broadcast/row-form.ts'
import { makeTaker, type Taker } from '../broadcast/taker.ts'
import type { InFlight } from '../writer/in-flight.ts'

/** Time in which a hello must come. [LIV-1] */
const HELLO_MS = 5_000
/**
 * Of one person one page reads at a time what it missed, and so many wait for it, no longer than this; others are sent everything.
 * A page gives up eight seconds after it dialled, and everything must be there by then too. [LIV-2]
 */
const READ_LIMIT = { running: 1, waiting: 64 }
const READ_WAIT_MS = 3_000

const parseMessage = makeParse(LiveClientMessage)

/** What all live sessions of a hub share. */
export interface LiveSessionDependencies {
  clock: HubClock
  log: HubLog
  inFlight: InFlight
  /** Rows beside spaces that pages are sent. [LIV-10] */
  collections: readonly SeenCollection[]
  /** Hub time, ms since 1970. */
  nowMs(): number
  /** The person of a ticket, or why the connection must end. From then on it counts as theirs. [LIV-1] [LIV-4] */
  authenticate(session: LiveSession, ticket: string): Promise<LivePersonRow | LiveEnd>
  /** In which pages wait for their turn to read what they missed. */
  readQueue: FairQueue
  audienceOf(universityId: number): Audience
  /** Whether the hub checked lately that its people's sessions are still valid. [LIV-3] */
  isCheckFresh(): boolean
  sessionClosed(session: LiveSession): void
}

/** The live connection of one page, from its hello to its end. A message that is malformed or comes at the wrong time ends it. [LIV-1] [LIV-4] */
export class LiveSession implements ConnectionHandler {
  /** The person as last read; null before the ticket was checked. */
  person: LivePersonRow | null = null
  /** When its page said something last, elapsed ms. */
  heardAtMs: number
  private readonly dependencies: LiveSessionDependencies
  private readonly connection: Connection
  private state: 'waiting' | 'checking' | 'open' | 'ended' = 'waiting'
  /** Ends what it waits for: its hello, or its turn to read. */
  private cancelWait: () => void
  private audience: Audience | null = null
  private member: AudienceMember | null = null
  private readonly takesCollections: boolean
  private sentPerson = ''
  private probes = { sinceMs: -Infinity, count: 0 }

  constructor(dependencies: LiveSessionDependencies, connection: Connection, takesCollections: boolean) {
    this.dependencies = dependencies
    this.takesCollections = takesCollections
    this.connection = connection
    this.heardAtMs = dependencies.clock.elapsedMs()
    this.cancelWait = dependencies.clock.after(HELLO_MS, () => this.end('helloTimeout'))
  }

  received(text: string): void {
    if (this.state === 'ended') return
    this.heardAtMs = this.dependencies.clock.elapsedMs()
    if (text.length > MAX_LIVE_FRAME_BYTES_UP) return this.end('tooLarge')
    const parsed = parseMessage(text)
    if (!parsed.ok) return this.end('malformed')
    const message = parsed.value
    if (message.type === 'probe' && this.state === 'open') return this.answerProbe(message.id)
    if (message.type === 'probe' || this.state !== 'waiting') return this.end('malformed')
    this.state = 'checking'
    this.cancelWait()
    void this.dependencies.inFlight.track(this.authenticate(message))
  }

  receivedTooLarge(): void {
    this.end('tooLarge')
  }

  ended(): void {
    this.release()
  }

  /** Ends the connection, with the reason as last message. */
  end(why: LiveEnd): void {
    if (this.state === 'ended') return
    this.send({ type: 'end', why })
    if (why === 'stalled') this.connection.terminate()
    else this.connection.close()
    this.release()
  }

  /** Takes over the person as they are now; undefined: their session is not valid any more, and the connection ends. [LIV-2] [LIV-3] */
  update(person: LivePersonRow | undefined): void {
    if (person === undefined || person.universityId !== this.person?.universityId)
      return this.end('signedOut')
    this.person = person
    if (this.state === 'open') this.sendPerson(person)
  }

  /** Answered like a heartbeat is sent: only while the hub checked lately that the session is valid. [LIV-3] [LIV-5] */
  private answerProbe(id: number): void {
    const nowMs = this.dependencies.clock.elapsedMs()
    if (nowMs - this.probes.sinceMs >= LIVE_HEARTBEAT_MS) this.probes = { sinceMs: nowMs, count: 0 }
    this.probes.count += 1
    if (this.probes.count > MAX_LIVE_PROBES) return this.end('malformed')
    if (this.dependencies.isCheckFresh()) this.send({ type: 'alive', id, nowMs: this.dependencies.nowMs() })
  }

  private async authenticate({ ticket, since }: LiveHello): Promise<void> {
    try {
      const person = await this.dependencies.authenticate(this, ticket)
      if (this.isEnded()) return
      if (typeof person === 'string') return this.end(person)
      this.audience = this.dependencies.audienceOf(person.universityId)
      const form = this.takesCollections ? PAGE_FORM : FULL_FORM
      const taker = makeTaker(form, this.dependencies.collections, person.userId)
      const { answer, from } = await this.readMissed(this.audience, since, taker, person.userId)
      if (this.isEnded()) return
      if (answer === null) return this.end('internal')
      this.open(person, answer, from, taker)
    } catch (error) {
      this.dependencies.log.warn('live-open-failed', 'A live connection could not be opened.', { err: error })
      this.end('internal')
    }
  }

  /** What the page misses: the changes since what it holds, or everything when that is of another epoch or of no past here. [LIV-2] */
  private async readMissed(
    audience: Audience,
    since: LiveHello['since'],
    taker: Taker,
    userId: number,
  ): Promise<{ answer: FeedAnswer | null; from: number | null }> {
    if (since !== null && (await audience.hasEpoch(since.epoch))) {
      const answer = await this.readInTurn(userId, () => audience.readMissed(since.head, taker, 0))
      if (answer?.epoch === since.epoch && since.head <= answer.to) return { answer, from: since.head }
    }
    // Everything is read for all who need it, and waits for no turn.
    return { answer: this.isEnded() ? null : await audience.readMissed(null, taker, 0), from: null }
  }

  /** Reads what is for one page alone, when no other page of its person does; null: it did not come to that. [LIV-2] */
  private async readInTurn(
    userId: number,
    read: () => Promise<FeedAnswer | null>,
  ): Promise<FeedAnswer | null> {
    const { clock, readQueue } = this.dependencies
    const closed = new AbortController()
    this.cancelWait = () => closed.abort('closed')
    const untilMs = clock.elapsedMs() + READ_WAIT_MS
    const call = { owner: `person ${userId}`, limit: READ_LIMIT, untilMs, gone: closed.signal }
    const done = await readQueue.run(call, read)
    return done.ok ? done.value : null
  }

  private open(person: LivePersonRow, answer: FeedAnswer, from: number | null, taker: Taker): void {
    this.state = 'open'
    this.cancelWait = () => undefined
    this.send({
      type: 'welcome',
      nowMs: this.dependencies.nowMs(),
      heartbeatMs: LIVE_HEARTBEAT_MS,
      takesProbes: true,
    })
    this.sendPerson(this.person ?? person)
    const { clock } = this.dependencies
    const end = (code: 'stalled' | 'epochChanged'): void => this.end(code)
    this.member = makeMember(this.connection, {
      taker,
      sentClock: from ?? 0,
      nowMs: clock.elapsedMs(),
      end,
    })
    // Also when nothing was missed: the page knows then that it holds everything.
    this.audience?.join(this.member, answer, null)
  }

  private sendPerson({ mine, tracked, mayEditAll, staleMs }: LivePersonRow): void {
    const message: LiveHubMessage = { type: 'person', mine, tracked, mayEditAll, staleMs }
    const text = JSON.stringify(message)
    if (text === this.sentPerson) return
    this.sentPerson = text
    this.connection.send(text)
  }

  private release(): void {
    if (this.state === 'ended') return
    this.state = 'ended'
    this.cancelWait()
    if (this.member !== null) this.audience?.leave(this.member)
    this.member = null
    this.dependencies.sessionClosed(this)
  }

  private isEnded(): boolean {
    return this.state === 'ended'
  }

  private send(message: LiveHubMessage): void {
    this.connection.send(JSON.stringify(message))
  }
}
