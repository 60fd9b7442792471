import { may } from '#shared/domain/access.ts'
import { accept, refuse } from '#shared/domain/decision.ts'
import type { PersonCommand } from '../platform/writer/command.ts'
import type { FactSet } from '../platform/writer/fact-set.ts'
import { dropTracked, insertTracked, loadTracked, type TrackedRow } from './tracked-rows.ts'
import { treeFacts } from './tree.ts'

/** The most spaces on one person's dashboard. */
const MAX_TRACKED = 200

/** What people of a batch track, and what changes in it. */
class Tracked {
  private readonly stored = new Map<number, Set<number>>()
  private readonly changed = new Map<string, TrackedRow & { isTracked: boolean }>()

  constructor(rows: readonly TrackedRow[]) {
    for (const { userId, spaceId } of rows) this.of(userId).add(spaceId)
  }

  /** Ids of the spaces that somebody tracks. */
  of(userId: number): Set<number> {
    const known = this.stored.get(userId) ?? new Set()
    this.stored.set(userId, known)
    return known
  }

  set(row: TrackedRow, isTracked: boolean): void {
    const own = this.of(row.userId)
    if (isTracked) own.add(row.spaceId)
    else own.delete(row.spaceId)
    this.changed.set(`${row.userId} ${row.spaceId}`, { ...row, isTracked })
  }

  /** What is to be added, or dropped: the last word on each. */
  changes(isTracked: boolean): TrackedRow[] {
    return [...this.changed.values()].filter((row) => row.isTracked === isTracked)
  }
}

/** Tracked spaces by who tracks them. No page and no kiosk mirrors them. */
const trackedFacts: FactSet<number, Tracked> = {
  name: 'tracked spaces',
  rank: 40,
  load: async (client, _moment, userIds) => new Tracked(await loadTracked(client, userIds)),
  write: async (client, { universityId }, facts) => {
    const [added, dropped] = [facts.changes(true), facts.changes(false)]
    if (dropped.length > 0) await dropTracked(client, dropped)
    if (added.length > 0) await insertTracked(client, universityId, added)
  },
}

/** Puts a space on a person's dashboard. Doing it twice changes nothing. */
export const trackCommand: PersonCommand<{ spaceId: number }, { isTracked: boolean }, null> = {
  name: 'track a space',
  isRepeatable: true,
  load: ({ userId }, need) => {
    need(treeFacts, null)
    need(trackedFacts, userId)
  },
  decide: ({ actor, body }, facts) => {
    const space = facts.of(treeFacts).get(body.spaceId)
    if (space === undefined) return refuse({ why: 'notFound' })
    if (!may(actor, 'trackSpace', { universityId: facts.moment.universityId }))
      return refuse({ why: 'notAllowed' })
    if (space.isDeleted) return refuse({ why: 'spaceDeleted' })
    const tracked = facts.of(trackedFacts).of(actor.userId)
    const isTracked = tracked.has(body.spaceId)
    return isTracked || tracked.size < MAX_TRACKED ? accept({ isTracked }) : refuse({ why: 'quotaReached' })
  },
  write: ({ actor, body }, { isTracked }, facts, effects) => {
    if (isTracked) return
    effects.willWrite()
    facts.of(trackedFacts).set({ userId: actor.userId, spaceId: body.spaceId }, true)
  },
  answer: () => null,
}

/** Takes a space off a person's dashboard. Doing it twice changes nothing. */
export const untrackCommand: PersonCommand<{ spaceId: number }, { isTracked: boolean }, null> = {
  name: 'stop tracking a space',
  isRepeatable: true,
  load: ({ userId }, need) => {
    need(treeFacts, null)
    need(trackedFacts, userId)
  },
  decide: ({ actor, body }, facts) => {
    if (facts.of(treeFacts).get(body.spaceId) === undefined) return refuse({ why: 'notFound' })
    return accept({ isTracked: facts.of(trackedFacts).of(actor.userId).has(body.spaceId) })
  },
  write: ({ actor, body }, { isTracked }, facts, effects) => {
    if (!isTracked) return
    effects.willWrite()
    facts.of(trackedFacts).set({ userId: actor.userId, spaceId: body.spaceId }, false)
  },
  answer: () => null,
}
