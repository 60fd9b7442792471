import type { Changes, Holds, Snapshot } from '#shared/wire/messages.ts'
import { appliedPositionOf, type Core } from '../core/core.ts'
import { tryWriteCache } from '../core/store-writes.ts'
import type { ApplySteps, IncomingRows } from '../store/mirror.ts'
import { decideFrame, type StagedRows } from './decide-frame.ts'
import { countRows, readFrames, type FrameReader } from './incoming-rows.ts'

/** Fewer rows than this are applied at once; more of them in slices, between which the event loop runs. */
const AT_ONCE_ROWS = 2_000

/** What became of a frame of rows. `lost`: a level came for a space that is not held, so that rows are missing. */
export type ApplyOutcome = 'ignored' | 'staged' | 'applied' | 'pull' | 'lost' | 'notWritten'

/** How frames are read on a connection, its protocol, and what a snapshot on it covers. */
export interface RowSource extends FrameReader {
  protocol: number
  /** Null before protocol 3. [SYN-35] */
  holds: Holds | null
}

/** Applies frames of rows to the mirror, one after the other. */
export interface RowApplier {
  /** Whether parts are missing, or rows are being applied. */
  isStaging(): boolean
  /** Calls back, at once or after some turns of the event loop, with what became of the frame. Not to be called before that. */
  apply(frame: Snapshot | Changes, source: RowSource, done: (outcome: ApplyOutcome) => void): void
  /** Drops what is staged and rolls back what is half written. */
  abandon(): void
}

/** Work that goes on in a later turn of the event loop. */
interface Running {
  steps: ApplySteps
  /** The disk has what memory has only in part: it must be run to its end. */
  isSwitching: boolean
  cancel(): void
}

/** Makes the applier of one connection. What is thrown in a later turn of the event loop goes to `crashed`. [SYN-8] [SYN-9] */
export function makeRowApplier(core: Core, crashed: (error: unknown) => void): RowApplier {
  const state = {
    staged: null as StagedRows | null,
    /** What the snapshot covers whose parts come: as it was when the first of them came. */
    holds: null as Holds | null,
    running: null as Running | null,
  }

  const runInSlices = (steps: ApplySteps, done: (outcome: ApplyOutcome) => void): void => {
    const outcome = advance(core, steps)
    if (outcome !== 'writing' && outcome !== 'switching') {
      state.running = null
      return done(outcome)
    }
    const cancel = core.options.clock.after(0, () => {
      try {
        runInSlices(steps, done)
      } catch (error) {
        crashed(error)
      }
    })
    state.running = { steps, isSwitching: outcome === 'switching', cancel }
  }

  return {
    isStaging: () => state.staged !== null || state.running !== null,
    apply: (frame, source, done) => {
      const decided = decideFrame(frame, core.mirror.cursor, state.staged)
      if (decided.step === 'ignore') return done('ignored')
      state.staged = decided.step === 'stage' ? decided.staged : null
      if (decided.step === 'pull') return done('pull')
      if (frame.part === 1) state.holds = source.holds
      if (decided.step === 'stage') return done('staged')
      const steps = core.mirror.apply(incomingOf(core, frame.epoch, decided.rows, source, state.holds))
      if (countRows(decided.rows.parts) > AT_ONCE_ROWS) return runInSlices(steps, done)
      return done(runAtOnce(core, steps))
    },
    abandon: () => {
      const { running } = state
      state.staged = null
      state.running = null
      running?.cancel()
      if (running?.isSwitching === true) runAtOnce(core, running.steps)
      else running?.steps.return(null)
    },
  }
}

/** Changes cover what is held already. */
function incomingOf(
  { mirror, stores }: Core,
  epoch: string,
  { isWhole, to, parts }: StagedRows,
  source: RowSource,
  holds: Holds | null,
): IncomingRows {
  const { universityId } = stores.outbox.identity()
  const { protocol } = source
  return {
    isWhole,
    rows: readFrames(source, parts),
    position: { universityId, epoch, cursor: to, protocol, holds: isWhole ? holds : mirror.holds },
  }
}

/** One slice of the work. `notWritten`: the disk did not take it, and all of it was rolled back. */
function advance(core: Core, steps: ApplySteps): ApplyOutcome | 'writing' | 'switching' {
  const turn: { next: ReturnType<ApplySteps['next']> | null } = { next: null }
  if (!tryWriteCache(core, () => void (turn.next = steps.next()))) return 'notWritten'
  if (turn.next === null) return 'notWritten'
  if (turn.next.done !== true) return turn.next.value
  const changed = turn.next.value
  if (changed === null) return 'lost'
  core.screen.markRows(changed)
  core.screen.markRows(core.pending.dropApplied(appliedPositionOf(core)))
  return 'applied'
}

function runAtOnce(core: Core, steps: ApplySteps): ApplyOutcome {
  for (;;) {
    const outcome = advance(core, steps)
    if (outcome !== 'writing' && outcome !== 'switching') return outcome
  }
}
