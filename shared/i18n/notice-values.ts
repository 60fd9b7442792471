import type { NoticeFacts, NoticeKind } from '../domain/notice.ts'

/** How times are said: in one language and one zone. */
export interface TimeWords {
  date(atMs: number): string
  time(atMs: number): string
  /** Date and time. */
  moment(atMs: number): string
}

/** A notice as far as its sentence needs it. */
export type ToldNotice = { [Kind in NoticeKind]: { kind: Kind; facts: NoticeFacts<Kind> } }[NoticeKind]

/** All that the sentence of a notice may have in it; empty where its kind has no such thing. */
export type NoticeValues = Readonly<
  Record<'room' | 'when' | 'end' | 'until' | 'roomBefore' | 'whenBefore', string>
>

const NOTHING: NoticeValues = { room: '', when: '', end: '', until: '', roomBefore: '', whenBefore: '' }

/** What is put into the sentence of a notice, `notice.<kind>.text` of a language's `portal.ts`: on pages and in mails alike. */
export function noticeValues(notice: ToldNotice, words: TimeWords): NoticeValues {
  if (notice.kind === 'announcement') return NOTHING
  const { room, startMs, endMs } = notice.facts
  const values = { ...NOTHING, room, when: spanText(startMs, endMs, words), end: words.time(endMs) }
  if (notice.kind === 'lapsing') return { ...values, until: words.moment(notice.facts.lapsesAtMs) }
  if (notice.kind !== 'moved') return values
  const { roomBefore, startBeforeMs, endBeforeMs } = notice.facts
  return { ...values, roomBefore, whenBefore: spanText(startBeforeMs, endBeforeMs, words) }
}

/** "Fri 20 Nov, 14:00–15:30"; the second date too where it is another one. */
function spanText(startMs: number, endMs: number, { date, time, moment }: TimeWords): string {
  return date(startMs) === date(endMs)
    ? `${moment(startMs)}–${time(endMs)}`
    : `${moment(startMs)} – ${moment(endMs)}`
}
