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
const DAY_MS = 86_400_000

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
 * The open spans of one local day, given the chain of hours from a space up to its root (nearest first). [HRS-1] [HRS-2]
 * Null means that no hours are known anywhere: always open, and no screen claims a closing time.
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
      ? [[0, 1440]]
      : weekly.filter(([day]) => day === local.day).map(([, from, to]) => [from, to])
  for (const closure of closed) spans = intersectSpans(spans, closure.spans)
  return spans.toSorted((left, right) => left[0] - right[0])
}

function intersectSpans(
  left: readonly [number, number][],
  right: readonly [number, number][],
): [number, number][] {
  return left.flatMap(([from, to]) =>
    right
      .map(([start, end]): [number, number] => [Math.max(from, start), Math.min(to, end)])
      .filter(([start, end]) => start < end),
  )
}

/** Whether a space is open, and the local time at which that changes next (looked for within eight days). */
export interface Openness {
  isOpen: boolean
  /** When it opens or closes next; null when nothing is known or nothing changes within eight days. */
  changes: { date: string; day: number; minute: number; isToday: boolean } | null
}

/** Whether the space is open at `nowMs`, and until when. [HRS-1] [HRS-3] */
export function openness(
  chain: readonly OpeningHours[],
  localClock: (atMs: number) => LocalTime,
  nowMs: number,
): Openness {
  const now = localClock(nowMs)
  const today = spansOfDay(chain, now)
  if (today === null) return { isOpen: true, changes: null }
  const isOpen = today.some(([from, to]) => from <= now.minute && now.minute < to)
  for (let ahead = 0; ahead <= 8; ahead += 1) {
    const day = ahead === 0 ? now : localClock(nowMs + ahead * DAY_MS)
    const after = ahead === 0 ? now.minute : -1
    const spans = spansOfDay(chain, day) ?? [[0, 1440]]
    const edge = nextEdge(spans, after, isOpen)
    // A day that is open through midnight goes on into the next day's first span.
    if (
      edge === 1440 &&
      (spansOfDay(chain, localClock(nowMs + (ahead + 1) * DAY_MS)) ?? []).some(([from]) => from === 0)
    )
      continue
    if (edge !== null)
      return { isOpen, changes: { date: day.date, day: day.day, minute: edge, isToday: ahead === 0 } }
  }
  return { isOpen, changes: null }
}

/** The first minute after `after` at which a day's spans start (when closed) or end (when open); null when there is none. */
function nextEdge(spans: readonly [number, number][], after: number, isOpen: boolean): number | null {
  let edge: number | null = null
  for (const [from, to] of spans) {
    const minute = isOpen ? to : from
    if (minute > after && (edge === null || minute < edge) && !(isOpen && joins(spans, to))) edge = minute
  }
  // Open over midnight, closed from the first minute of this day on.
  if (edge === null && isOpen && after < 0) return 0
  return edge
}

function joins(spans: readonly [number, number][], minute: number): boolean {
  return spans.some(([from, to]) => from <= minute && minute < to)
}
