/** One line of the table: what was measured, against what, and whether it is enough. */
export interface Figure {
  name: string
  value: number
  unit: string
  /** Which way it should go. */
  better: 'more' | 'less'
  /** The same work done the plain way, in the same run; null where the target is absolute. */
  baseline: number | null
  /** Better than the baseline by this factor (or costlier, where the target says "at most"); null without a baseline. */
  ratio: number | null
  /** The target in words, for example "≥ 8×". */
  target: string
  met: boolean
  /** What was done, spread of the rounds, and what limits it. */
  note: string
}

/** How long and how often to measure. */
export interface BenchOptions {
  /** Alternating rounds of baseline and Carrel. Five, or three when quick. */
  rounds: number
  /** Length of one measured stretch, in ms. */
  stretchMs: number
  /** Progress for people; never on stdout when JSON is asked for. */
  log(text: string): void
}

/** A measurement that yields one or more figures. */
export interface Benchmark {
  name: string
  about: string
  run(options: BenchOptions): Promise<Figure[]>
}

/** The middle value; the mean of the middle two when there are two. NaN for none. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

/** A quantile (0 … 1) with linear interpolation between neighbours. NaN for none. */
export function quantile(values: readonly number[], fraction: number): number {
  const sorted = Float64Array.from(values).toSorted()
  const place = (sorted.length - 1) * fraction
  const below = sorted[Math.floor(place)] ?? Number.NaN
  const above = sorted[Math.ceil(place)] ?? below
  return below + (above - below) * (place - Math.floor(place))
}

/** "min … max" of the rounds, for notes. */
export function spread(values: readonly number[], digits = 0): string {
  return `${Math.min(...values).toFixed(digits)} … ${Math.max(...values).toFixed(digits)}`
}

/** A figure decided by a ratio that must be at least (or at most) a target. */
export function ratioFigure(
  fields: Pick<Figure, 'name' | 'unit' | 'note'> & {
    values: readonly number[]
    baselines: readonly number[]
    atLeast?: number
    atMost?: number
    /** What keeps it from its target, as profiles showed; said only where it is missed. */
    limitedBy?: string
  },
): Figure {
  const { name, unit, note, values, baselines, atLeast, atMost, limitedBy } = fields
  const pairs = values.map((value, round) => value / (baselines[round] ?? Number.NaN))
  const ratio = median(pairs)
  const met = (atLeast === undefined || ratio >= atLeast) && (atMost === undefined || ratio <= atMost)
  const target = [atLeast === undefined ? '' : `≥ ${atLeast}×`, atMost === undefined ? '' : `≤ ${atMost}×`]
    .join(' ')
    .trim()
  return {
    name,
    value: median(values),
    unit,
    better: betterOf(unit, atLeast, atMost),
    baseline: median(baselines),
    ratio,
    target,
    met,
    note: `${note}; ratio by round ${spread(pairs, 2)}${limitText(met, limitedBy)}`,
  }
}

/** A figure decided by an absolute limit; without one it is only printed. */
export function limitFigure(
  fields: Pick<Figure, 'name' | 'unit' | 'note' | 'value'> & {
    atMost?: number
    atLeast?: number
    limitedBy?: string
  },
): Figure {
  const { name, value, unit, note, atMost, atLeast, limitedBy } = fields
  const met = (atMost === undefined || value <= atMost) && (atLeast === undefined || value >= atLeast)
  return {
    name,
    value,
    unit,
    better: betterOf(unit, atLeast, atMost),
    baseline: null,
    ratio: null,
    target: targetText(unit, atMost, atLeast),
    met,
    note: `${note}${limitText(met, limitedBy)}`,
  }
}

function limitText(met: boolean, limitedBy: string | undefined): string {
  return met || limitedBy === undefined ? '' : `; limited by ${limitedBy}`
}

/** As its target says; without one there should be more of what is done in a second, and less of time, memory and bytes. */
function betterOf(unit: string, atLeast?: number, atMost?: number): Figure['better'] {
  if (atLeast !== undefined || atMost !== undefined) return atMost === undefined ? 'more' : 'less'
  return unit.includes('/s') ? 'more' : 'less'
}

function targetText(unit: string, atMost?: number, atLeast?: number): string {
  if (atMost !== undefined) return `≤ ${atMost} ${unit}`
  return atLeast === undefined ? '–' : `≥ ${atLeast} ${unit}`
}
