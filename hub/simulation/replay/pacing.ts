import type { CountLine } from './counts-file.ts'
import type { LevelChange } from './expected-state.ts'

/** A gap in which nothing changes for longer than this is a quiet night … */
const QUIET_MS = 30 * 60_000
/** … and takes only this long. */
const SKIPPED_MS = 60_000

/**
 * Real ms after the start at which each change is reported: file time divided by `speed`, quiet nights skipped; all 0
 * for `max`, which reports as fast as the kiosks take it.
 */
export function paceChanges(changes: readonly LevelChange[], speed: number | 'max'): number[] {
  let fileMs = 0
  let before = changes[0]?.atMs ?? 0
  return changes.map(({ atMs }) => {
    const gap = atMs - before
    before = atMs
    fileMs += gap > QUIET_MS ? SKIPPED_MS : gap
    return speed === 'max' ? 0 : fileMs / speed
  })
}

/**
 * The lines of a file up to a time: seconds since 1970, a time with its zone (2016-10-14T12:00:00+08:00), or a local
 * time as the file's second column has it (2016-10-14 12:00). Null when it is none of these.
 */
export function linesUntil(counts: readonly CountLine[], until: string): CountLine[] | null {
  const text = until.trim()
  if (/^\d{9,11}$/.test(text)) return counts.filter((line) => line.atMs <= Number(text) * 1000)
  const zoned = /(Z|[+-]\d{2}:?\d{2})$/.test(text) && text.includes(':') ? Date.parse(text) : Number.NaN
  if (!Number.isNaN(zoned)) return counts.filter((line) => line.atMs <= zoned)
  const local = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(:\d{2})?)?$/.exec(text)
  if (local === null) return null
  // "12:00" means until its last second; a bare day until its end.
  const last = `${local[1] ?? ''} ${local[2] ?? '23:59'}${local[3] ?? ':59'}`
  return counts.filter((line) => line.localTime.replace('T', ' ') <= last)
}

/**
 * How many changes are reported at each of `count` seeded moments, in order. A moment is after all changes of one
 * line of the file: in between the file itself says nothing.
 */
export function pickInstants(
  changes: readonly LevelChange[],
  count: number,
  below: (below: number) => number,
): number[] {
  const moments = changes.flatMap(({ atMs }, index) => (changes[index + 1]?.atMs === atMs ? [] : [index + 1]))
  while (moments.length > count) moments.splice(below(moments.length), 1)
  return moments
}
