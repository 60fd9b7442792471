/** Units as people type them, longest first, in ms. */
const UNITS = { d: 86_400_000, h: 3_600_000, min: 60_000, s: 1_000, ms: 1 } as const

/** Milliseconds of a text such as "2h", "90 s", "15min" or, without a unit, "7200000"; null when it is none. */
export function parseDuration(text: string): number | null {
  const [, digits, unit = 'ms'] = /^(\d{1,12}(?:\.\d{1,3})?)\s*(d|h|min|s|ms)?$/.exec(text.trim()) ?? []
  return digits === undefined ? null : Math.round(Number(digits) * UNITS[unit as keyof typeof UNITS])
}

/** A duration in the longest unit that it is a whole number of: "2 h", "75 s". Read back by `parseDuration`. */
export function formatDuration(ms: number): string {
  const [unit, length] = Object.entries(UNITS).find(([, one]) => ms > 0 && ms % one === 0) ?? ['ms', 1]
  return `${ms / length} ${unit}`
}
