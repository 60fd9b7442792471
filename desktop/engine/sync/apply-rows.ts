import type { Changes, Snapshot } from '#shared/wire/messages.ts'
import { isCached, reachedOf, type Core } from '../core/core.ts'
import type { ApplySteps, Incoming } from '../store/mirror.ts'
import { decideFrame, type Staged } from './decide-frame.ts'

/** Fewer rows than this are applied at once; more of them with a breath between slices. */
const AT_ONCE_ROWS = 2_000

/** What became of a frame of rows. */
export type RowsOutcome = 'ignored' | 'staged' | 'applied' | 'pull' | 'lost' | 'notWritten'

/** Takes frames of rows into the mirror, one after the other. */
export interface RowsIntake {
  isStaging(): boolean
  /** Calls back, at once or after some breaths, with what became of the frame. Not called again before that. */
  take(frame: Snapshot | Changes, done: (outcome: RowsOutcome) => void): void
  /** Lets go of what is staged or half written: nothing of it is kept. */
  abandon(): void
}

/** Work that goes on after a breath. */
interface Running {
  steps: ApplySteps
  /** The disk has what memory has only in part: it cannot be given up any more. */
  isSwitching: boolean
  cancel(): void
}

/** Makes the intake of one line. What is thrown while nobody waits for it goes to `crashed`. [SYN-8] [SYN-9] */
export function makeRowsIntake(core: Core, crashed: (error: unknown) => void): RowsIntake {
  const state: { staged: Staged | null; running: Running | null } = { staged: null, running: null }

  const runInSlices = (steps: ApplySteps, done: (outcome: RowsOutcome) => void): void => {
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
    take: (frame, done) => {
      const decided = decideFrame(frame, core.mirror.cursor, state.staged)
      if (decided.step === 'ignore') return done('ignored')
      state.staged = decided.step === 'stage' ? decided.staged : null
      if (decided.step === 'pull') return done('pull')
      if (decided.step === 'stage') return done('staged')
      const steps = core.mirror.apply(decided.incoming)
      if (rowCount(decided.incoming) > AT_ONCE_ROWS) return runInSlices(steps, done)
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

/** One slice of the work. `notWritten`: the disk did not take it, and nothing of it is kept. */
function advance(core: Core, steps: ApplySteps): RowsOutcome | 'writing' | 'switching' {
  const turn: { next: ReturnType<ApplySteps['next']> | null } = { next: null }
  if (!isCached(core, () => void (turn.next = steps.next()))) return 'notWritten'
  if (turn.next === null) return 'notWritten'
  if (turn.next.done !== true) return turn.next.value
  const changed = turn.next.value
  if (changed === null) return 'lost'
  for (const id of core.taps.advance(reachedOf(core))) changed.add(id)
  core.screen.markSpaces(changed)
  return 'applied'
}

function runAtOnce(core: Core, steps: ApplySteps): RowsOutcome {
  for (;;) {
    const outcome = advance(core, steps)
    if (outcome !== 'writing' && outcome !== 'switching') return outcome
  }
}

function rowCount(incoming: Incoming): number {
  return incoming.parts.reduce(
    (sum, part) => sum + part.rows.length + part.levels.length + part.gone.length,
    0,
  )
}
