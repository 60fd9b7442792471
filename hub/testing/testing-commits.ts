import { COMMANDS } from '../commands.ts'
import type { Database } from '../platform/postgres/database.ts'
import type { CommitResult, Push, PushAnswer } from '../platform/writer/batch.ts'
import type { PersonCall } from '../platform/writer/command.ts'
import { FactCache } from '../platform/writer/fact-set.ts'
import { commitBatch, type CommitDependencies } from '../platform/writer/commit-batch.ts'
import type { CommandRegistry } from '../platform/writer/registry.ts'

/** What commits of a test need: nothing is remembered, and a rule that throws is the test's own error. */
export function makeCommitDependencies(
  pool: Database,
  registry: CommandRegistry = COMMANDS,
): CommitDependencies {
  return {
    pool,
    previewPool: pool,
    registry,
    cache: new FactCache(),
    ruleFailed: (_command, error) => {
      throw error
    },
  }
}

/** A commit of pushes alone. */
export type CommittedPushes = Omit<CommitResult, 'answers'> & { answers: PushAnswer[] }

/** Commits pushes as one batch. Throws for an unknown university. */
export async function commitPushes(
  pool: Database,
  universityId: number,
  pushes: readonly Push[],
  nowMs: number | null = null,
): Promise<CommittedPushes> {
  const items = pushes.map((push) => ({ push }))
  const done = await commitBatch(makeCommitDependencies(pool), universityId, items, nowMs)
  if (done === null) throw new Error('no such university')
  return { ...done, answers: done.answers.filter((answer) => 'verdict' in answer) }
}

/** Pushes and calls as items of a batch. */
export function itemsOf(...list: (Push | PersonCall)[]): ({ push: Push } | { call: PersonCall })[] {
  return list.map((one) => ('command' in one ? { call: one } : { push: one }))
}
