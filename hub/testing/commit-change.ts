import { accept } from '#shared/domain/decision.ts'
import type { Database, Transaction } from '../platform/postgres/database.ts'
import type { AloneCommand } from '../platform/writer/alone-command.ts'
import { commitAlone, nameCall } from '../platform/writer/commit-alone.ts'
import type { Moment } from '../platform/writer/fact-set.ts'
import { notifyHeads } from '../platform/writer/heads.ts'

/** A test's own statements as a command. */
export function commandOf<Result>(
  run: (client: Transaction, moment: Moment) => Promise<Result>,
): AloneCommand<null, null, null, Result, never> {
  return {
    name: 'a change of a test',
    actor: 'hub',
    load: async () => null,
    decide: () => accept(null),
    write: (client, moment, _value, effects) => {
      effects.step()
      return run(client, moment)
    },
  }
}

/**
 * Runs statements that change what kiosks hold as one commit of the university's order, and notifies all hubs. They stamp
 * with `moment.clock` what they change.
 */
export async function commitChange<Result>(
  pool: Database,
  universityId: number,
  run: (client: Transaction, moment: Moment) => Promise<Result>,
  nowMs: number | null = null,
): Promise<Result> {
  const { decision, committed } = await commitAlone(pool, universityId, nameCall(commandOf(run), null), nowMs)
  if (!decision.ok || committed === null) throw new Error('a change of a test was refused')
  await notifyHeads(pool, [{ universityId, head: committed.clock }])
  return decision.value
}
