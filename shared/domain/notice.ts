import { Type, type Static, type TObject } from 'typebox'
import { accept, refuse, type Decision } from './decision.ts'
import { Id } from './space.ts'
import { faultOfText, normaliseName } from './space-tree.ts'

const closed = { additionalProperties: false }
const TimeMs = Type.Number({ minimum: 0, maximum: 8_640_000_000_000_000 })
const RoomName = Type.String()

/** Longest text of a notice that staff write, in characters. */
export const MAX_NOTICE_LENGTH = 2_000

/** A booking that something is told of: its room, and when, ms since 1970. */
const BookingTold = {
  registrationId: Id,
  spaceId: Id,
  room: RoomName,
  startMs: TimeMs,
  endMs: TimeMs,
}
const Booking = Type.Object(BookingTold, closed)

/**
 * What people are told of, and the facts of each kind: ids, names of rooms, times in ms since 1970; never a secret, never who
 * booked. [NTF-1]
 */
export const NOTICE_FACTS = {
  /** A request was approved. */
  approved: Booking,
  /** A request was rejected; why is in the text, where staff wrote it. */
  rejected: Booking,
  /** A booking was moved: where and when it is now, and was before. */
  moved: Type.Object(
    { ...BookingTold, roomBefore: RoomName, startBeforeMs: TimeMs, endBeforeMs: TimeMs },
    closed,
  ),
  /** A booking was cancelled since its room is closed then. */
  closed: Booking,
  /** A booking was cancelled since another one goes before it. */
  displaced: Booking,
  /** Nobody checked in, and the room was released. */
  released: Booking,
  /** A booking is about to end. */
  ending: Booking,
  /** A request waits for the reader's decision. */
  requestToApprove: Type.Object(
    { ...BookingTold, groupName: Type.Union([Type.Null(), Type.String()]) },
    closed,
  ),
  /** A request that nobody decides will lapse soon. */
  lapsing: Type.Object({ ...BookingTold, lapsesAtMs: TimeMs }, closed),
  /** What staff wrote; all of it is in the text. */
  announcement: Type.Object({}, closed),
} as const satisfies Record<string, TObject>

/** What something that people are told is about. A closed list. */
export type NoticeKind = keyof typeof NOTICE_FACTS

/** Facts of a notice of a kind. */
export type NoticeFacts<Kind extends NoticeKind> = Static<(typeof NOTICE_FACTS)[Kind]>

/** Every kind. */
export const NOTICE_KINDS = Object.keys(NOTICE_FACTS) as NoticeKind[]

/** How a notice is mailed: by itself in the commit that made it, together with all that wait, or not at all. */
export type NoticeMail = 'atOnce' | 'digest' | 'none'

/**
 * How each kind is mailed. What is over before a mail is read is not; nor is what may go to a whole university, since such a flood
 * would hold up the mails that people wait for. [NTF-7] [NTF-8]
 */
export const NOTICE_MAIL: Readonly<Record<NoticeKind, NoticeMail>> = {
  approved: 'atOnce',
  rejected: 'atOnce',
  moved: 'atOnce',
  closed: 'atOnce',
  displaced: 'atOnce',
  released: 'atOnce',
  ending: 'none',
  requestToApprove: 'digest',
  lapsing: 'atOnce',
  announcement: 'none',
}

/** Whom something is told: these people, all who are in these groups at that moment, or everybody of the university. [NTF-4] */
export interface NoticeRecipients {
  userIds?: readonly number[]
  groupIds?: readonly number[]
  isForAll?: true
}

type NoticeOf<Kind extends NoticeKind> = {
  kind: Kind
  facts: NoticeFacts<Kind>
  to: NoticeRecipients
  /** What staff wrote themselves, as `decideNoticeText` gave it. */
  text?: string | null
  /** Who did it, and so is told nothing; left out: nobody. [NTF-3] */
  madeById?: number | null
  /** True: mailed at once; false: not mailed. Left out: as NOTICE_MAIL says for the kind. */
  isEssential?: boolean
}

/** Something that people are to be told. */
export type NewNotice = { [Kind in NoticeKind]: NoticeOf<Kind> }[NoticeKind]

/** How a notice is mailed. */
export function mailOf({ kind, isEssential }: Pick<NewNotice, 'kind' | 'isEssential'>): NoticeMail {
  if (isEssential === undefined) return NOTICE_MAIL[kind]
  return isEssential ? 'atOnce' : 'none'
}

/**
 * A text that staff write, as it is stored: lines end with LF whatever they were typed with, without spaces around them, and no two
 * empty ones in a row. Refused when it is empty, too long, or has controls or characters that nobody sees. [NTF-11]
 */
export function decideNoticeText(typed: string): Decision<string, 'valueRefused'> {
  const lines = typed.split(/\r\n|[\n\r\u0085\u2028\u2029]/u).map(normaliseName)
  const text = lines
    .join('\n')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim()
  const isFaulty = lines.some((line) => faultOfText(line, MAX_NOTICE_LENGTH) !== null)
  return text === '' || text.length > MAX_NOTICE_LENGTH || isFaulty ? refuse('valueRefused') : accept(text)
}

/** Notices that a university's staff may write within any hour, together. */
export const NOTICES_PER_HOUR = 20
const HOUR_MS = 3_600_000

/** How long staff must wait who wrote at these moments (ms since 1970), ms; null: not at all. [NTF-12] */
export function noticeWaitMs(writtenAtMs: readonly number[], nowMs: number): number | null {
  const within = writtenAtMs.filter((atMs) => atMs > nowMs - HOUR_MS).toSorted((one, other) => other - one)
  const last = within[NOTICES_PER_HOUR - 1]
  return last === undefined ? null : last + HOUR_MS - nowMs
}
