import { tests, type Mutant } from './mutant.ts'

// Faults that bookings invite: hours counted where the calendar counts, ends that are closed where they are open, and changes of a
// weekly booking that reach what is not theirs.

const DATES = tests('unit', 'shared/domain/weekly-booking.test.ts', 'BOK-43')
const PREVIEW = tests('unit', 'shared/domain/weekly-preview.test.ts')
const EDITS = tests('unit', 'shared/domain/weekly-edit.test.ts')

const REFEREE = tests('unit', 'shared/domain/booking.test.ts')
const CALLS = tests('database', 'hub/bookings/bookings.test.ts')
const AT_ONCE = tests('simulation', 'hub/simulation/book-at-once.test.ts')

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
  {
    name: 'requests are in nobody’s way',
    edits: [
      {
        file: 'shared/domain/booking.ts',
        find: '.filter((other) => holds(other, nowMs) && overlaps(other, wide))',
        replace: '.filter((other) => !other.isPending && holds(other, nowMs) && overlaps(other, wide))',
      },
    ],
    test: REFEREE,
  },
  {
    name: 'a room resold while its booking can be restored',
    edits: [
      {
        file: 'shared/domain/booking.ts',
        find: 'return freesMs === null || nowMs < freesMs',
        replace: 'return freesMs === null',
      },
    ],
    test: REFEREE,
  },
  {
    name: 'how far ahead a booking may be judged by its start',
    edits: [
      {
        file: 'shared/domain/booking.ts',
        find: "return endMs > untilMs ? { why: 'tooFarAhead'",
        replace: "return startMs > untilMs ? { why: 'tooFarAhead'",
      },
    ],
    test: REFEREE,
  },
  {
    name: 'quotas counted as before the batch',
    edits: [
      {
        file: 'hub/bookings/own-bookings.ts',
        find: 'const counted = [...own, ...bookings.new]',
        replace: 'const counted = [...own]',
      },
    ],
    test: CALLS,
  },
  {
    name: 'a booking shown to another group',
    edits: [
      {
        file: 'hub/bookings/routes.ts',
        find: 'if (isOwn || !isDecided) return isOwn',
        replace: 'if (isOwn || !isDecided) return true',
      },
    ],
    test: CALLS,
  },
  {
    name: 'bookings that overlap, and no constraint',
    edits: [
      {
        file: 'hub/platform/postgres/migrations/0016_bookings.sql',
        find: '    where (not is_deleted and ended_as is null)\n',
        replace: '    where (is_deleted and ended_as is null)\n',
      },
      {
        file: 'hub/bookings/bookings.ts',
        find: '(one) => one.classroomId === classroomId && one.endedAs === null && overlaps(one, { startMs, endMs }),',
        replace:
          '(one) => one.classroomId === classroomId && one.endedAs === null && one.id > 0 && overlaps(one, { startMs, endMs }),',
      },
    ],
    test: AT_ONCE,
  },
]
