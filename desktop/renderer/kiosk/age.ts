/** How long ago something was, in the unit that people would use. */
export type Age = { unit: 'unknown' | 'now' } | { unit: 'minutes' | 'hours' | 'days'; count: number }

const MINUTE_MS = 60_000

/** The age of a report; whole units, rounded down. Unknown when the present is. A report from the future is now. */
export function ageOf(atMs: number, nowMs: number | null): Age {
  if (nowMs === null) return { unit: 'unknown' }
  const minutes = Math.floor((nowMs - atMs) / MINUTE_MS)
  if (minutes < 1) return { unit: 'now' }
  if (minutes < 60) return { unit: 'minutes', count: minutes }
  const hours = Math.floor(minutes / 60)
  return hours < 24 ? { unit: 'hours', count: hours } : { unit: 'days', count: Math.floor(hours / 24) }
}
