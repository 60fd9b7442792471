import type { Changes, Snapshot } from '#shared/wire/messages.ts'
import { isCached, reachedOf, type Core } from '../core.ts'
import type { ApplySteps, Incoming } from '../mirror.ts'
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
  /** Lets go of what is staged or half applied: nothing of it is kept. */
  abandon(): void
}

/** Makes the intake of one line. What is thrown while nobody waits for it goes to `crashed`. [SYN-8] [SYN-9] */
export function makeRowsIntake(core: Core, crashed: (error: unknown) => void): RowsIntake {
  const state: {
    staged: Staged | null
    running: { steps: ApplySteps; cancel: () => void } | null
    /** The disk has what memory has only in part: it cannot be given up any more. */
    isSwitching: boolean
  } = { staged: null, running: null, isSwitching: false }

  const finish = (changed: Set<number> | null): RowsOutcome => {
    if (changed === null) return 'lost'
    for (const id of core.taps.advance(reachedOf(core))) changed.add(id)
    core.screen.markSpaces(changed)
    return 'applied'
  }

  // A slice of the work; false when the disk did not take it.
  const advance = (steps: ApplySteps): RowsOutcome | 'more' => {
    const turn: { next: ReturnType<ApplySteps['next']> | null } = { next: null }
    if (!isCached(core, () => void (turn.next = steps.next()))) return 'notWritten'
    if (turn.next === null) return 'notWritten'
    state.isSwitching = turn.next.value === 'switching'
    return turn.next.done === true ? finish(turn.next.value) : 'more'
  }

  const runInSlices = (steps: ApplySteps, done: (outcome: RowsOutcome) => void): void => {
    const outcome = advance(steps)
    if (outcome === 'more') {
      const again = core.options.clock.after(0, () => {
        try {
          runInSlices(steps, done)
        } catch (error) {
          crashed(error)
        }
      })
      state.running = { steps, cancel: again }
      return
    }
    state.running = null
    done(outcome)
  }

  const runAtOnce = (steps: ApplySteps): RowsOutcome => {
    let outcome = advance(steps)
    while (outcome === 'more') outcome = advance(steps)
    return outcome
  }

  return {
    isStaging: () => state.staged !== null || state.running !== null,
    take: (frame, done) => {
      const decided = decideFrame(frame, core.mirror.cursor, state.staged)
      if (decided.step !== 'ignore') state.staged = null
      if (decided.step === 'stage') state.staged = decided.staged
      if (decided.step === 'ignore') return done('ignored')
      if (decided.step === 'pull') return done('pull')
      if (decided.step === 'stage') return done('staged')
      const steps = core.mirror.apply(decided.incoming)
      if (rowCount(decided.incoming) > AT_ONCE_ROWS) return runInSlices(steps, done)
      return done(runAtOnce(steps))
    },
    abandon: () => {
      state.staged = null
      const { running } = state
      state.running = null
      running?.cancel()
      if (running === null) return
      if (state.isSwitching) runAtOnce(running.steps)
      else running.steps.return(null)
    },
  }
}

function rowCount(incoming: Incoming): number {
  return incoming.parts.reduce(
    (sum, part) => sum + part.rows.length + part.levels.length + part.gone.length,
    0,
  )
}
