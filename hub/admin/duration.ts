/** Units as people type them, longest first, in ms. */
const UNITS = { d: 86_400_000, h: 3_600_000, min: 60_000, s: 1_000, ms: 1 } as const

const UNIT_NAMES = Object.keys(UNITS).join('|')
const PART = `(\\d{1,12}(?:\\.\\d{1,3})?)\\s*(${UNIT_NAMES})`

/** Milliseconds of a text such as "2h", "90 s", "2h30min" or, without a unit, "7200000"; null when it is none. */
export function parseDuration(text: string): number | null {
  const typed = text.trim()
  if (/^\d{1,12}(?:\.\d{1,3})?$/.test(typed)) return Math.round(Number(typed))
  if (!new RegExp(`^(?:${PART}\\s*)+$`).test(typed)) return null
  const parts = [...typed.matchAll(new RegExp(PART, 'g'))]
  const lengths = parts.map(([, , unit]) => UNITS[unit as keyof typeof UNITS])
  // "30min2h" and "2h2h" are slips.
  if (lengths.some((length, index) => index > 0 && length >= (lengths[index - 1] ?? 0))) return null
  return Math.round(parts.reduce((sum, [, digits], index) => sum + Number(digits) * (lengths[index] ?? 0), 0))
}

/** A duration in the longest unit that it is a whole number of: "2 h", "75 s". Read back by `parseDuration`. */
export function formatDuration(ms: number): string {
  const [unit, length] = Object.entries(UNITS).find(([, one]) => ms > 0 && ms % one === 0) ?? ['ms', 1]
  return `${ms / length} ${unit}`
}
