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
import type { HubLog } from '../log.ts'
import type { HubClock, KioskLine, LineHandler } from '../ports.ts'
import type { LivePersonRow } from './live-tickets.ts'
import { makeMember, type Member } from '../broadcast/audience-parts.ts'
import type { Audience } from '../broadcast/fan-out.ts'
import type { FeedAnswer } from '../broadcast/feed.ts'
import type { InFlight } from '../writer/in-flight.ts'

/** A hello must come within this. [LIV-1] */
const HELLO_MS = 5_000

const parseMessage = makeParse(LiveClientMessage)

/** What every live socket of a hub shares. */
export interface LiveSessionParts {
  clock: HubClock
  log: HubLog
  inFlight: InFlight
  /** Hub time, ms since 1970. */
  nowMs(): number
  /** Who comes with a ticket; or why nobody is let in. From then on the socket counts as theirs. [LIV-1] [LIV-4] */
  admit(session: LiveSession, ticket: string): Promise<LivePersonRow | LiveEnd>
  audienceOf(universityId: number): Audience
  /** Whether the hub knows that sessions live which it believes to. [LIV-3] */
  isKnowing(): boolean
  left(session: LiveSession): void
}

/** The socket of one page, from its hello to its end. Anything malformed or out of turn ends it. [LIV-1] [LIV-4] */
export class LiveSession implements LineHandler {
  /** The person as last read; null before the ticket was seen. */
  person: LivePersonRow | null = null
  private readonly parts: LiveSessionParts
  private readonly line: KioskLine
  private stage: 'waiting' | 'checking' | 'open' | 'ended' = 'waiting'
  private cancelTimer: () => void
  private audience: Audience | null = null
  private member: Member | null = null
  private toldPerson = ''
  private probes = { sinceMs: -Infinity, count: 0 }

  constructor(parts: LiveSessionParts, line: KioskLine) {
    this.parts = parts
    this.line = line
    this.cancelTimer = parts.clock.after(HELLO_MS, () => this.end('helloTimeout'))
  }

  received(text: string): void {
    if (this.stage === 'ended') return
    if (text.length > MAX_LIVE_FRAME_BYTES_UP) return this.end('tooLarge')
    const parsed = parseMessage(text)
    if (!parsed.ok) return this.end('malformed')
    const message = parsed.value
    if (message.type === 'probe' && this.stage === 'open') return this.probed(message.id)
    if (message.type === 'probe' || this.stage !== 'waiting') return this.end('malformed')
    this.stage = 'checking'
    this.cancelTimer()
    void this.parts.inFlight.track(this.hello(message))
  }

  receivedTooLarge(): void {
    this.end('tooLarge')
  }

  ended(): void {
    this.forget()
  }

  /** The last word: why the socket ends. */
  end(why: LiveEnd): void {
    if (this.stage === 'ended') return
    this.send({ type: 'end', why })
    if (why === 'stalled') this.line.terminate()
    else this.line.close()
    this.forget()
  }

  /** The person as they are now; undefined: they are signed out. [LIV-2] [LIV-3] */
  update(person: LivePersonRow | undefined): void {
    if (person === undefined || person.universityId !== this.person?.universityId)
      return this.end('signedOut')
    this.person = person
    if (this.stage === 'open') this.tellPerson(person)
  }

  /** Answered as a heartbeat is: only while the hub knows that the session lives. [LIV-3] [LIV-5] */
  private probed(id: number): void {
    const nowMs = this.parts.clock.elapsedMs()
    if (nowMs - this.probes.sinceMs >= LIVE_HEARTBEAT_MS) this.probes = { sinceMs: nowMs, count: 0 }
    this.probes.count += 1
    if (this.probes.count > MAX_LIVE_PROBES) return this.end('malformed')
    if (this.parts.isKnowing()) this.send({ type: 'alive', id, nowMs: this.parts.nowMs() })
  }

  private async hello({ ticket, since }: LiveHello): Promise<void> {
    try {
      const person = await this.parts.admit(this, ticket)
      if (this.isEnded()) return
      if (typeof person === 'string') return this.end(person)
      this.audience = this.parts.audienceOf(person.universityId)
      const { answer, from } = await readFor(this.audience, since)
      if (this.isEnded()) return
      if (answer === null) return this.end('internal')
      this.open(person, answer, from)
    } catch (error) {
      this.parts.log.warn('a live socket could not be opened', { err: error })
      this.end('internal')
    }
  }

  private open(person: LivePersonRow, answer: FeedAnswer, from: number | null): void {
    this.stage = 'open'
    this.send({
      type: 'welcome',
      nowMs: this.parts.nowMs(),
      heartbeatMs: LIVE_HEARTBEAT_MS,
      takesProbes: true,
    })
    this.tellPerson(this.person ?? person)
    const { clock } = this.parts
    const end = (code: 'stalled' | 'epochChanged'): void => this.end(code)
    this.member = makeMember(this.line, { isOld: false, told: from ?? 0, nowMs: clock.elapsedMs(), end })
    // Also when nothing was missed: the page knows then that it holds everything.
    this.audience?.admit(this.member, answer, null)
  }

  private tellPerson({ mine, tracked, mayEditAll, staleMs }: LivePersonRow): void {
    const message: LiveHubMessage = { type: 'person', mine, tracked, mayEditAll, staleMs }
    const text = JSON.stringify(message)
    if (text === this.toldPerson) return
    this.toldPerson = text
    this.line.send(text)
  }

  private forget(): void {
    if (this.stage === 'ended') return
    this.stage = 'ended'
    this.cancelTimer()
    if (this.member !== null) this.audience?.leave(this.member)
    this.member = null
    this.parts.left(this)
  }

  private isEnded(): boolean {
    return this.stage === 'ended'
  }

  private send(message: LiveHubMessage): void {
    this.line.send(JSON.stringify(message))
  }
}

/** What a page misses: the changes since what it holds, or everything when that is of another epoch or of no past here. [LIV-2] */
async function readFor(
  audience: Audience,
  since: LiveHello['since'],
): Promise<{ answer: FeedAnswer | null; from: number | null }> {
  if (since !== null) {
    const answer = await audience.open(since.head, false, 0)
    if (answer?.epoch === since.epoch && since.head <= answer.to) return { answer, from: since.head }
  }
  return { answer: await audience.open(null, false, 0), from: null }
}
