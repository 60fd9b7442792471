import { refuse, type Decision } from '#shared/domain/decision.ts'
import { appendChange } from '../postgres/append-change.ts'
import { constraintOf, transaction, type Database } from '../postgres/database.ts'
import type { AloneCommand, RunAlone } from './alone-command.ts'
import type { CommitResult } from './batch.ts'
import { Effects } from './effects.ts'
import { notifyHeads } from './heads.ts'
import { lockUniversity } from './lock-university.ts'
import { insertOutcomes } from './outcomes.ts'
import { stepClock } from './step-clock.ts'

/** The result of a command, and the commit as audiences hear of it. */
export interface AloneCommit<Result, Refusal> {
  decision: Decision<Result, Refusal>
  /** Null: nothing was committed, since the database itself refused it by a constraint that stands for a rule. */
  committed: CommitResult | null
}

/**
 * Commits one command by itself, in the university's order. Throws RangeError for an unknown university, and what the
 * database threw: then nothing was changed, or the commit's fate is unknown. It is not tried again.
 */
export async function commitAlone<Input, Facts, Value, Result, Refusal>(
  pool: Database,
  universityId: number,
  command: AloneCommand<Input, Facts, Value, Result, Refusal>,
  input: Input,
  nowMs: number | null = null,
): Promise<AloneCommit<Result, Refusal>> {
  return transaction(pool, 'read committed', async (client) => {
    const locked = await lockUniversity(client, universityId, nowMs)
    if (locked === null) throw new RangeError(`no university ${universityId}`)
    const { epoch, factsClock } = locked
    const moment = { universityId, clock: locked.clock + 1, factsClock, epoch, nowMs: locked.nowMs }
    const facts = await command.load(client, moment, input)
    const decided = command.decide(input, facts, moment)
    const effects = new Effects()
    // What it changed changed facts too: audiences read it.
    const known = { epoch, nowMs: locked.nowMs, answers: [], leaves: [], rows: effects.rows() }
    if (!decided.ok)
      return { decision: decided, committed: { ...known, clock: locked.clock, factsClock, isStep: false } }
    const value = await command.write(client, moment, decided.value, effects, input)
    if (effects.outcomes.length > 0) await insertOutcomes(client, moment, effects.outcomes)
    for (const change of effects.log) await appendChange(client, change)
    if (effects.isStep) await stepClock(client, universityId, moment.clock)
    return {
      decision: { ok: true as const, value },
      committed: {
        ...known,
        clock: effects.isStep ? moment.clock : locked.clock,
        factsClock: effects.isStep ? moment.clock : factsClock,
        isStep: effects.isStep,
      },
    }
  }).catch((error: unknown) => {
    const refusal = command.refusals?.[constraintOf(error) ?? '']
    if (refusal === undefined) throw error
    // Rolled back by the database: nothing was changed.
    return { decision: refuse(refusal), committed: null }
  })
}

/** The same from a process without a hub, such as the command line; all hubs are notified. */
export async function commitAloneAndNotify<Input, Facts, Value, Result, Refusal>(
  pool: Database,
  universityId: number,
  command: AloneCommand<Input, Facts, Value, Result, Refusal>,
  input: Input,
): Promise<Decision<Result, Refusal>> {
  const { decision, committed } = await commitAlone(pool, universityId, command, input)
  // It is committed: a notification that is lost here is made up for by the poll within a second.
  if (committed?.isStep === true)
    await notifyHeads(pool, [{ universityId, head: committed.clock }]).catch(() => undefined)
  return decision
}

/** How a process without a hub runs such commands on its database. */
export function runAloneOn(pool: Database): RunAlone {
  return (...wish) => commitAloneAndNotify(pool, ...wish)
}
