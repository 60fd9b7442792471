import type { Transaction } from '../platform/postgres/database.ts'
import type { Effects } from '../platform/writer/effects.ts'
import type { FactSet, Moment } from '../platform/writer/fact-set.ts'
import { countInboxes } from './inbox.ts'
import { insertNotices } from './notice-rows.ts'

/**
 * Writes what a commit tells people, as part of it: two statements, however many notices there are and however many people are told.
 * Commands that are commits by themselves name it as their `writeNotices`. [NTF-1]
 */
export async function writeNotices(client: Transaction, moment: Moment, effects: Effects): Promise<void> {
  const notices = effects.notices.take()
  if (notices.length === 0) return
  const { userIds, mailCount } = await insertNotices(client, moment, notices)
  if (mailCount > 0) effects.hasMail = true
  await countInboxes(client, moment, userIds, effects)
}

/** Part of every batch, after all that may tell somebody something. [NTF-1] */
export const noticeFacts: FactSet<never, null> = {
  name: 'notices',
  rank: 1_000,
  load: async () => null,
  write: (client, moment, _facts, effects) => writeNotices(client, moment, effects),
}
