import { tests, type Mutant } from './mutant.ts'

// Faults that bookings invite: hours counted where the calendar counts, ends that are closed where they are open, and changes of a
// weekly booking that reach what is not theirs.

const DATES = tests('unit', 'shared/domain/weekly-booking.test.ts', 'BOK-43')
const PREVIEW = tests('unit', 'shared/domain/weekly-preview.test.ts')
const EDITS = tests('unit', 'shared/domain/weekly-edit.test.ts')

const REPLAN = 'shared/domain/replan-series.ts'

/** Faults of bookings. */
export const BOOKING_FAULTS: readonly Mutant[] = [
  {
    name: 'weekly dates 7 × 86,400 s apart',
    edits: [
      {
        file: 'shared/domain/weekly-booking.ts',
        find: 'startMs: atMs,',
        replace: 'startMs: (starts.value[0]?.atMs ?? atMs) + week * 604_800_000,',
      },
    ],
    test: DATES,
  },
  {
    name: 'bookings that only meet are in the way',
    edits: [
      {
        file: 'shared/domain/booking.ts',
        find: 'left.startMs < right.endMs && right.startMs < left.endMs',
        replace: 'left.startMs <= right.endMs && right.startMs <= left.endMs',
      },
    ],
    test: PREVIEW,
  },
  {
    name: 'how far ahead judged by the start',
    edits: [
      {
        file: 'shared/domain/weekly-preview.ts',
        find: 'if (date.endMs > latestEndMs)',
        replace: 'if (date.startMs > latestEndMs)',
      },
    ],
    test: PREVIEW,
  },
  {
    name: 'own weekly booking in the way',
    edits: [
      {
        file: 'shared/domain/weekly-preview.ts',
        find: 'longtermId === null || longtermId !== facts.longtermId',
        replace: 'longtermId === null || longtermId !== -1',
      },
    ],
    test: PREVIEW,
  },
  {
    name: 'moves of a weekly booking in any order',
    edits: [
      {
        file: 'shared/domain/order-moves.ts',
        find: 'if (isFree) ordered',
        replace: 'if (isFree || others.length >= 0) ordered',
      },
    ],
    test: EDITS,
  },
  {
    name: 'a change reaches dates that began',
    edits: [
      {
        file: REPLAN,
        find: 'if (hasBegun(instance, nowMs) || weekOf(instance) < fromWeek)',
        replace: 'if (weekOf(instance) < fromWeek)',
      },
    ],
    test: EDITS,
  },
  {
    name: 'exceptions are overwritten',
    edits: [{ file: REPLAN, find: "exceptions === 'keep'", replace: "exceptions === 'replace'" }],
    test: EDITS,
  },
  {
    name: 'what was left out comes back with a change',
    edits: [{ file: REPLAN, find: "return 'leftOut'", replace: "return 'takesSpan'" }],
    test: EDITS,
  },
]
