import { accept, refuse } from '#shared/domain/decision.ts'
import { INBOX_WORDS, type Inbox } from '#shared/wire/collections.ts'
import type { Collection } from '../platform/broadcast/collection.ts'
import type { Queryable } from '../platform/postgres/database.ts'
import type { PersonCommand } from '../platform/writer/command.ts'
import type { Effects } from '../platform/writer/effects.ts'
import type { FactSet, Moment } from '../platform/writer/fact-set.ts'
import {
  inboxKey,
  loadInboxes,
  loadInboxFeed,
  updateArchived,
  updateRead,
  upsertInboxes,
  type InboxKey,
  type StoredInboxes,
  type StoredNotice,
} from './inbox-rows.ts'

/** How many notices of each person are new: one row for each, on pages of that person alone. [NTF-5] [NTF-6] */
export const inboxCollection: Collection<Inbox> = {
  name: INBOX_WORDS.name,
  salt: INBOX_WORDS.salt,
  scope: 'person',
  kiosks: null,
  pages: { schema: INBOX_WORDS.body, body: (inbox) => inbox },
  feed: loadInboxFeed,
}

/** Counts some people's inboxes anew, and tells their pages. [NTF-6] */
export async function countInboxes(
  transaction: Queryable,
  moment: Moment,
  userIds: readonly number[],
  effects: Effects,
): Promise<void> {
  if (userIds.length === 0) return
  for (const { userId, ...row } of await upsertInboxes(transaction, moment, userIds))
    effects.change(inboxCollection, { id: userId, personId: userId, row })
}

interface ArchivedNotice {
  userId: number
  notificationId: number
  isArchived: boolean
}

/** Inboxes that a batch looks at, and what changes in them. */
class Inboxes {
  /** Up to which one somebody has read. */
  readonly read = new Map<number, number>()
  readonly archived = new Map<string, ArchivedNotice>()
  /** Whose count changes. */
  readonly countedUserIds = new Set<number>()
  private readonly stored: StoredInboxes

  constructor(stored: StoredInboxes) {
    this.stored = stored
  }

  /** Whether anything is new up to this one. */
  hasNew(userId: number, upTo: number): boolean {
    const first = this.stored.firstNewIds.get(userId)
    return first !== undefined && first <= upTo && (this.read.get(userId) ?? 0) < upTo
  }

  /** Null: they are not told it. */
  noticeOf(userId: number, notificationId: number): StoredNotice | null {
    const key = inboxKey(userId, notificationId)
    const stored = this.stored.notices.get(key)
    if (stored === undefined) return null
    const changed = this.archived.get(key)
    if (changed !== undefined) return { isNew: false, isArchived: changed.isArchived }
    return { ...stored, isNew: stored.isNew && (this.read.get(userId) ?? 0) < notificationId }
  }

  setRead(userId: number, upTo: number): void {
    this.read.set(userId, Math.max(upTo, this.read.get(userId) ?? 0))
    this.countedUserIds.add(userId)
  }

  setArchived(change: ArchivedNotice, wasNew: boolean): void {
    this.archived.set(inboxKey(change.userId, change.notificationId), change)
    if (wasNew) this.countedUserIds.add(change.userId)
  }
}

const inboxFacts: FactSet<InboxKey, Inboxes> = {
  name: 'inboxes',
  rank: 45,
  load: async (client, _moment, keys) => new Inboxes(await loadInboxes(client, keys)),
  write: async (client, moment, { read, archived, countedUserIds }, effects) => {
    const marks = [...read].map(([userId, upTo]) => ({ userId, upTo }))
    const changes = [...archived.values()]
    if (marks.length > 0) await updateRead(client, marks)
    if (changes.length > 0) await updateArchived(client, moment.nowMs, changes)
    await countInboxes(client, moment, [...countedUserIds], effects)
  },
}

/** Marks what somebody was told as read, up to one id. Where nothing of it is new, it costs nothing. [NTF-6] */
export const readCommand: PersonCommand<{ upTo: number }, { hasNew: boolean }, null> = {
  name: 'read notices',
  isRepeatable: true,
  load: ({ userId }, need) => need(inboxFacts, { userId, notificationId: null }),
  decide: ({ actor, body }, facts) =>
    accept({ hasNew: facts.of(inboxFacts).hasNew(actor.userId, body.upTo) }),
  write: ({ actor, body }, { hasNew }, facts, effects) => {
    if (!hasNew) return
    effects.step()
    facts.of(inboxFacts).setRead(actor.userId, body.upTo)
  },
  answer: () => null,
}

/**
 * Archives something that somebody was told, or puts it back; what they were not told is not there. Only what was new counts on pages:
 * to and fro, however often, steps no clock. [NTF-5] [NTF-6]
 */
export const archiveCommand: PersonCommand<
  { notificationId: number; isArchived: boolean },
  StoredNotice,
  null
> = {
  name: 'archive a notice',
  isRepeatable: true,
  load: ({ userId, body: { notificationId } }, need) => need(inboxFacts, { userId, notificationId }),
  decide: ({ actor, body }, facts) => {
    const before = facts.of(inboxFacts).noticeOf(actor.userId, body.notificationId)
    return before === null ? refuse({ why: 'notFound' }) : accept(before)
  },
  write: ({ actor, body }, before, facts, effects) => {
    if (before.isArchived === body.isArchived) return
    if (before.isNew) effects.step()
    else effects.willWrite()
    facts.of(inboxFacts).setArchived({ userId: actor.userId, ...body }, before.isNew)
  },
  answer: () => null,
}
