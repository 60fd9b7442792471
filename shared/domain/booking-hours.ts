import type { Span } from './booking.ts'
import { instantOf, type Zone } from './local-time.ts'
import { dateAfter, spansOfDay, type OpeningHours } from './week-time.ts'

/**
 * The parts of a span in which a room is closed, in order, by its hours and those of what it is in (nearest first), on the wall
 * clocks of the university. Nothing known is open. [BOK-13] [HRS-1] [HRS-2]
 */
export function closedWithin(chain: readonly OpeningHours[], zone: Zone, { startMs, endMs }: Span): Span[] {
  const closed: Span[] = []
  let fromMs = startMs
  for (let { date } = zone.localAt(startMs); fromMs < endMs; date = dateAfter(date, 1)) {
    const dayEndMs = momentOf(date, MINUTES_OF_DAY, zone)
    for (const open of openSpansOf(chain, date, zone)) {
      if (open.endMs <= fromMs || open.startMs >= endMs) continue
      if (open.startMs > fromMs) closed.push({ startMs: fromMs, endMs: open.startMs })
      fromMs = open.endMs
    }
    const toMs = Math.min(dayEndMs, endMs)
    if (fromMs >= toMs) continue
    closed.push({ startMs: fromMs, endMs: toMs })
    fromMs = toMs
  }
  return joinClosed(closed)
}

const MINUTES_OF_DAY = 1_440
const NOON = 720

/** What is open on a date; of a date that the zone skips, spans without a moment in them. */
function openSpansOf(chain: readonly OpeningHours[], date: string, zone: Zone): Span[] {
  const { day } = zone.localAt(momentOf(date, NOON, zone))
  const spans = spansOfDay(chain, { date, day }) ?? [[0, MINUTES_OF_DAY] as const]
  return spans.map(([from, to]) => ({
    startMs: momentOf(date, from, zone),
    endMs: momentOf(date, to, zone),
  }))
}

function momentOf(date: string, minute: number, zone: Zone): number {
  const found = instantOf({ date, minute }, zone)
  if (!found.ok) throw new Error(`no calendar has ${date}`)
  return found.value.atMs
}

/** What is closed before and after midnight is one. */
function joinClosed(spans: readonly Span[]): Span[] {
  const joined: Span[] = []
  for (const span of spans) {
    const last = joined.at(-1)
    if (last?.endMs === span.startMs) last.endMs = span.endMs
    else joined.push({ ...span })
  }
  return joined
}
