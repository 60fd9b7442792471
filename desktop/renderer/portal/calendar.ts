import { dateAfter } from '#shared/domain/week-time.ts'
import { localClockOf, ownClock } from '../kiosk/zone.ts'

const DAY_MS = 86_400_000

/** The first moment of a local date (yyyy-mm-dd) in a zone, ms since 1970; right across clock changes. In a zone unknown here, that of this device's own day, as its times are. [SCR-12] */
export function startOfDay(date: string, timezone: string): number {
  const clock = localClockOf(timezone) ?? ownClock()
  // No zone is further than 14 hours from UTC: the day begins between these two moments.
  let from = Date.parse(`${dateAfter(date, 0)}T00:00:00Z`) - DAY_MS
  let to = from + 2 * DAY_MS
  while (to - from > 60_000) {
    const middle = Math.floor((from + to) / 2)
    if (clock(middle).date < date) from = middle
    else to = middle
  }
  return Math.ceil(from / 60_000) * 60_000
}
