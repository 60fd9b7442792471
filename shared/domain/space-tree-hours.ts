import { makeCheck } from '../wire/parse.ts'
import { dayOfName } from './day-of-week.ts'
import { accept, refuse, type Decision } from './decision.ts'
import { dateAfter, joinSpans, OpeningHours, type WeekSpan } from './week-time.ts'

const ALL_DAYS = [0, 1, 2, 3, 4, 5, 6]
const checkHours = makeCheck(OpeningHours)

/**
 * Opening hours as a tree file writes them: null, '' or {} (those of the parent), "24/7",
 * "Mon-Fri 08:00-20:00; Sat,Sun 10:00-13:00, 14:00-18:00", an object from days to lists of [from, to], or
 * `{ weekly, closures }`. A span past midnight goes on into the next day; 23:59 is how many a system writes midnight.
 * The refusal is what was found wrong. [TRE-2]
 */
export function parseHours(value: unknown): Decision<OpeningHours, string> {
  if (value === null || value === '') return accept({ weekly: null, closures: [] })
  if (typeof value === 'string') return fromText(value)
  if (typeof value !== 'object' || Array.isArray(value)) return refuse('hours must be text or an object')
  if (Object.hasOwn(value, 'weekly') || Object.hasOwn(value, 'closures')) return fromOpeningHours(value)
  if (Object.keys(value).length === 0) return parseHours(null)
  return fromDays(value as Record<string, unknown>)
}

function fromOpeningHours(value: object): Decision<OpeningHours, string> {
  const checked = checkHours({ weekly: null, closures: [], ...value })
  if (!checked.ok) return refuse(`${checked.refusal.at || 'hours'}: ${checked.refusal.reason}`)
  const { weekly, closures } = checked.value
  const spans = [
    ...(weekly ?? []).map(([, from, to]) => [from, to] as const),
    ...closures.flatMap((one) => one.spans),
  ]
  if (spans.some(([from, to]) => from >= to)) return refuse('a span ends before it starts')
  const dates = closures.map((closure) => closure.date)
  const strange = dates.find((date, index) => !isDate(date) || dates.indexOf(date) < index)
  if (strange !== undefined) return refuse(`"${strange}" is not a date, or appears twice`)
  return finish(weekly, closures)
}

function isDate(text: string): boolean {
  const [, month = 0, day = 0] = text.split('-').map(Number)
  return month >= 1 && month <= 12 && day >= 1 && dateAfter(text, 0) === text
}

function fromText(text: string): Decision<OpeningHours, string> {
  const plain = text.trim().toLowerCase().replaceAll(/[–—]/g, '-')
  if (plain === '24/7') return finish(spansFor(ALL_DAYS, 0, 1440), [])
  const spans: WeekSpan[] = []
  for (const part of plain.split(';').map((one) => one.trim())) {
    if (part === '') continue
    const [, dayText = '', timeText = ''] = /^([a-z,\s-]*[a-z])\s+(\d.*|closed)$/.exec(part) ?? []
    const days = parseDays(dayText)
    if (days === null) return refuse(`"${part}" does not begin with days such as Mon-Fri`)
    if (timeText === 'closed') continue
    for (const spanText of timeText.split(',')) {
      const [opens = '', closes = '', ...rest] = spanText.split('-')
      const span = parseSpan(opens.trim(), closes.trim())
      if (span === null || rest.length > 0)
        return refuse(`"${spanText.trim()}" is not a span such as 08:00-20:00`)
      spans.push(...spansFor(days, ...span))
    }
  }
  return finish(spans, [])
}

function fromDays(value: Record<string, unknown>): Decision<OpeningHours, string> {
  const spans: WeekSpan[] = []
  for (const [name, list] of Object.entries(value)) {
    const days = parseDays(name.toLowerCase())
    if (days === null) return refuse(`"${name}" is not a day`)
    if (!Array.isArray(list)) return refuse(`${name} is not a list of spans`)
    for (const item of list as unknown[]) {
      const [from, to] = Array.isArray(item) ? (item as unknown[]) : []
      const span = parseSpan(String(from), String(to))
      if (span === null) return refuse(`${name} has a span that is not like ["08:00", "20:00"]`)
      spans.push(...spansFor(days, ...span))
    }
  }
  return finish(spans, [])
}

/** Days of "mon", "mon-fri", "sat-mon" or "mo,we"; null when it is none. */
function parseDays(text: string): number[] | null {
  const days: number[] = []
  for (const part of text.split(',')) {
    const [first = '', last = first, ...rest] = part.split('-').map((one) => one.trim())
    const from = dayOfName(first)
    const to = dayOfName(last)
    if (from === null || to === null || rest.length > 0) return null
    for (let day = from; ; day = (day + 1) % 7) {
      days.push(day)
      if (day === to) break
    }
  }
  return days
}

/** Minutes from and to; `to` may be past midnight (above 1440). Null when it is no span. */
function parseSpan(opens: string, closes: string): [number, number] | null {
  const from = parseMinute(opens)
  const last = parseMinute(closes)
  if (from === null || last === null || from >= 1440 || from === last) return null
  const to = last === 1439 ? 1440 : last
  return to > from ? [from, to] : [from, to + 1440]
}

function parseMinute(text: string): number | null {
  const [, hour = '', minute = ''] = /^(\d{1,2}):(\d{2})$/.exec(text) ?? []
  if (hour === '' || Number(minute) > 59) return null
  const value = Number(hour) * 60 + Number(minute)
  return value <= 1440 ? value : null
}

function spansFor(days: readonly number[], from: number, to: number): WeekSpan[] {
  return days.flatMap((day): WeekSpan[] =>
    to <= 1440
      ? [[day, from, to]]
      : [[day, from, 1440], ...(to > 1440 ? [[(day + 1) % 7, 0, to - 1440] satisfies WeekSpan] : [])],
  )
}

/** In order, joined within each day, so that equal hours are equal values. */
function finish(
  weekly: WeekSpan[] | null,
  closures: OpeningHours['closures'],
): Decision<OpeningHours, string> {
  const joined = weekly === null ? null : ALL_DAYS.flatMap((day) => spansOf(weekly, day))
  // No row of the database says "never open": without weekly hours those of the parent hold. [HRS-1]
  if (joined?.length === 0)
    return refuse('it would never be open: leave the hours empty, or close single dates')
  const hours = {
    weekly: joined,
    closures: closures
      .map(({ date, spans }) => ({ date, spans: joinSpans(spans) }))
      .toSorted((left, right) => (left.date < right.date ? -1 : 1)),
  }
  if (checkHours(hours).ok) return accept(hours)
  return refuse('there are more spans than a week can hold')
}

function spansOf(weekly: readonly WeekSpan[], day: number): WeekSpan[] {
  return joinSpans(weekly.filter(([one]) => one === day).map(([, from, to]) => [from, to])).map(
    ([from, to]) => [day, from, to],
  )
}
