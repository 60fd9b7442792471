import { Type, type Static } from 'typebox'

/** One weekly opening span: [day, from, to]; day 0 is Sunday, from and to are minutes of the local day, 0 ≤ from < to ≤ 1440. */
export const WeekSpan = Type.Tuple([
  Type.Integer({ minimum: 0, maximum: 6 }),
  Type.Integer({ minimum: 0, maximum: 1439 }),
  Type.Integer({ minimum: 1, maximum: 1440 }),
])
export type WeekSpan = Static<typeof WeekSpan>

/** A date that differs from the week: closed when `spans` is empty, else open in those [from, to] minutes only. */
export const Closure = Type.Object(
  {
    date: Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$' }),
    spans: Type.Array(
      Type.Tuple([Type.Integer({ minimum: 0, maximum: 1439 }), Type.Integer({ minimum: 1, maximum: 1440 })]),
      { maxItems: 8 },
    ),
  },
  { additionalProperties: false },
)
export type Closure = Static<typeof Closure>

/** Opening hours of one space. `weekly` null: those of the parent hold (none anywhere: always open). Closures of all ancestors hold too. */
export const OpeningHours = Type.Object(
  {
    weekly: Type.Union([Type.Null(), Type.Array(WeekSpan, { maxItems: 56 })]),
    closures: Type.Array(Closure, { maxItems: 400 }),
  },
  { additionalProperties: false },
)
export type OpeningHours = Static<typeof OpeningHours>

/** Hours of a space of which none are known. */
export const NO_HOURS: OpeningHours = { weekly: null, closures: [] }

/** A moment as a wall clock of the university shows it. */
export interface LocalTime {
  /** yyyy-mm-dd */
  date: string
  /** 0 Sunday … 6 Saturday */
  day: number
  /** Minutes since local midnight, 0 … 1439. */
  minute: number
}

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const MINUTES_OF_DAY = 1440

/** Makes a function from milliseconds since 1970 to local time in an IANA zone. Throws RangeError for a zone that does not exist. */
export function makeLocalClock(timezone: string): (atMs: number) => LocalTime {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: timezone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  })
  return (atMs) => {
    const part: Partial<Record<Intl.DateTimeFormatPartTypes, string>> = {}
    for (const { type, value } of format.formatToParts(atMs)) part[type] = value
    return {
      date: `${(part.year ?? '').padStart(4, '0')}-${part.month ?? ''}-${part.day ?? ''}`,
      day: DAYS.indexOf(part.weekday ?? ''),
      minute: Number(part.hour) * 60 + Number(part.minute),
    }
  }
}

/**
 * The open spans of one local day, in order and not touching, given the chain of hours from a space up to its root
 * (nearest first). Null means that no hours are known: open all day, and no screen claims a closing time. [HRS-1] [HRS-2]
 */
export function spansOfDay(
  chain: readonly OpeningHours[],
  local: Pick<LocalTime, 'date' | 'day'>,
): [number, number][] | null {
  const weekly = chain.find((hours) => hours.weekly !== null)?.weekly ?? null
  const closed = chain.flatMap((hours) => hours.closures).filter((closure) => closure.date === local.date)
  if (weekly === null && closed.length === 0) return null
  let spans: [number, number][] =
    weekly === null
      ? [[0, MINUTES_OF_DAY]]
      : weekly.filter(([day]) => day === local.day).map(([, from, to]) => [from, to])
  for (const closure of closed) spans = intersectSpans(joinSpans(spans), joinSpans(closure.spans))
  return joinSpans(spans)
}

function intersectSpans(
  left: readonly [number, number][],
  right: readonly [number, number][],
): [number, number][] {
  return left.flatMap(([from, to]) =>
    right.map(([start, end]): [number, number] => [Math.max(from, start), Math.min(to, end)]),
  )
}

/** Spans in order; empty ones dropped, those that meet or overlap made one. */
export function joinSpans(spans: readonly (readonly [number, number])[]): [number, number][] {
  const joined: [number, number][] = []
  for (const [from, to] of spans.toSorted((left, right) => left[0] - right[0])) {
    const last = joined.at(-1)
    if (from >= to) continue
    if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], to)
    else joined.push([from, to])
  }
  return joined
}

/** Whether a space is open, and the local time at which that changes next. */
export interface Openness {
  isOpen: boolean
  /**
   * When it opens or closes next; null when nothing changes within eight days. `minute` is 1440 where it closes at
   * the midnight that ends `date`. A time that the clocks skip is the moment of their jump.
   */
  changes: { date: string; day: number; minute: number; isToday: boolean } | null
}

/** How many days after today are searched for the next change: a week, and the day on which the week repeats. */
const DAYS_AHEAD = 8

/** Whether the space is open at `nowMs`, and until when. [HRS-1] [HRS-2] [HRS-3] */
export function openness(
  chain: readonly OpeningHours[],
  localClock: (atMs: number) => LocalTime,
  nowMs: number,
): Openness {
  const now = localClock(nowMs)
  // Days are counted on the calendar, not in steps of 24 hours: a local day may have 23 or 25. [HRS-3]
  const days = Array.from({ length: DAYS_AHEAD + 1 }, (_, ahead) => ({
    date: dateAfter(now.date, ahead),
    day: (now.day + ahead) % 7,
  }))
  const spans = joinSpans(
    days.flatMap((day, ahead) =>
      (spansOfDay(chain, day) ?? [[0, MINUTES_OF_DAY]]).map(([from, to]): [number, number] => [
        ahead * MINUTES_OF_DAY + from,
        ahead * MINUTES_OF_DAY + to,
      ]),
    ),
  )
  const current = spans.find(([from, to]) => from <= now.minute && now.minute < to)
  const edge = current?.[1] ?? spans.find(([from]) => from > now.minute)?.[0]
  if (edge === undefined || edge === days.length * MINUTES_OF_DAY)
    return { isOpen: current !== undefined, changes: null }
  // A closing time of midnight belongs to the day that it ends.
  const ahead = Math.floor((current === undefined ? edge : edge - 1) / MINUTES_OF_DAY)
  const day = days[ahead] ?? now
  return {
    isOpen: current !== undefined,
    changes: {
      date: day.date,
      day: day.day,
      minute: edge - ahead * MINUTES_OF_DAY,
      isToday: ahead === 0,
    },
  }
}

/** The date some days after a yyyy-mm-dd date, before it where `days` is below zero, by the Gregorian calendar. */
export function dateAfter(date: string, days: number): string {
  let [year = 0, month = 1, day = 1] = date.split('-').map(Number)
  day += days
  for (let length = monthLength(year, month); day > length; length = monthLength(year, month)) {
    day -= length
    month += 1
    if (month > 12) {
      month = 1
      year += 1
    }
  }
  while (day < 1) {
    month -= 1
    if (month < 1) {
      month = 12
      year -= 1
    }
    day += monthLength(year, month)
  }
  const pad = (value: number, width: number): string => String(value).padStart(width, '0')
  return `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}`
}

function monthLength(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  return [4, 6, 9, 11].includes(month) ? 30 : 31
}
