import type { Span } from './booking.ts'
import type { Move } from './order-moves.ts'
import type { DatedSpan, WeeklyPattern, WeeklyRefusal } from './weekly-pattern.ts'

// A weekly booking as it stands, what may be changed of it, and what a change does.

/** A dated registration of a weekly booking that holds its span. */
export interface SeriesInstance extends DatedSpan {
  id: number
  /** Whether somebody changed it by itself. [BOK-52] */
  isException: boolean
}

/** A weekly booking as it stands. */
export interface Series {
  pattern: WeeklyPattern
  /** Those that hold their spans, past ones too, in any order; a date without one was left out, or cancelled by itself. */
  instances: readonly SeriesInstance[]
}

/**
 * A change. `one`: one date gets another span, or none. `following`: the date and those after it, `from` being one of the dates;
 * the first new one is in the week of `from`. `all`: every date to come. `end`: `lastDate` is the last. `addBack`: a date that was
 * left out or cancelled. `exceptions` says what becomes of dates that somebody changed by themselves. [BOK-50] … [BOK-54]
 */
export type SeriesEdit =
  | { kind: 'one'; id: number; to: Span | null }
  | { kind: 'following'; from: string; to: Omit<WeeklyPattern, 'startDate'>; exceptions: Exceptions }
  | { kind: 'all'; to: WeeklyPattern; exceptions: Exceptions }
  | { kind: 'end'; lastDate: string }
  | { kind: 'addBack'; date: string }

/** `keep` unless the maker says `replace`: then they get the times of the others. [BOK-52] */
export type Exceptions = 'keep' | 'replace'

/** Why a change is none. */
export type SeriesRefusal =
  | WeeklyRefusal
  | { why: 'unknownInstance'; rule: 'BOK-57' }
  /** It began already, or would. */
  | { why: 'past'; rule: 'BOK-50' }
  | { why: 'endsBeforeItStarts'; rule: 'BOK-57' }
  /** Other dates of the same weekly booking are there. */
  | { why: 'ownSeries'; rule: 'BOK-55'; inTheWay: number[] }
  | { why: 'notInSeries'; rule: 'BOK-51' | 'BOK-54' }
  | { why: 'alreadyThere'; rule: 'BOK-54' }
  | { why: 'empty'; rule: 'BOK-44' }

/** A date that stays as it is, or without a registration (`id` null), and why. */
export interface StayingDate {
  date: string
  id: number | null
  /**
   * `exception`: somebody changed it by itself. `past`: it would have begun. `ownSeries`: another date of the weekly booking, which
   * stays too, is there. `choice`: the maker leaves it out. `leftOut`: it was left out before. [BOK-52] [BOK-54] [BOK-56]
   */
  why: 'exception' | 'past' | 'ownSeries' | 'choice' | 'leftOut'
}

/**
 * What a change does. Applied row by row – first all of `drop`, then `move` in its order, then `add` – it lets no two registrations
 * of the weekly booking overlap at any step. [BOK-55]
 */
export interface SeriesPlan {
  drop: number[]
  /** Exceptions from then on after `one`, none after anything else. */
  move: Move[]
  add: DatedSpan[]
  stay: StayingDate[]
  /** Dates without a registration, since the clocks skip all of it. [BOK-44] */
  empty: string[]
  /** What is repeated from then on; null where no date is left. */
  pattern: WeeklyPattern | null
  /** Where `following` makes a weekly booking of its own: what the old one repeats, and which live registrations go over. */
  split: { before: WeeklyPattern; goOver: number[] } | null
}

/** A plan that does nothing but `some`. */
export function planOf(pattern: WeeklyPattern | null, some: Partial<SeriesPlan> = {}): SeriesPlan {
  return { drop: [], move: [], add: [], stay: [], empty: [], pattern, split: null, ...some }
}
