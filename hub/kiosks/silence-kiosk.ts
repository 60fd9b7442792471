import { may } from '#shared/domain/access.ts'
import { accept, refuse } from '#shared/domain/decision.ts'
import { changedBy } from '../platform/postgres/append-change.ts'
import type { PersonCommand } from '../platform/writer/command.ts'
import type { FactSet } from '../platform/writer/fact-set.ts'
import { kioskFacts } from './kiosk-facts.ts'
import { loadPeopleKiosks, updateSilenced, type PeopleKiosk } from './kiosk-rows.ts'

/** Kiosks as the super group changes them. */
interface ShownKiosks {
  byId: ReadonlyMap<number, PeopleKiosk>
  /** Those that a batch silences (true) or lets count again. */
  changed: Map<number, boolean>
}

const shownKiosks: FactSet<number, ShownKiosks> = {
  name: 'kiosks as people see them',
  rank: 40,
  load: async (client, { universityId }, ids) => {
    const rows = await loadPeopleKiosks(client, universityId, ids)
    return { byId: new Map(rows.map((row) => [row.id, row])), changed: new Map() }
  },
  write: async (client, { nowMs }, { changed }) => {
    for (const [kioskId, isSilenced] of changed)
      await updateSilenced(client, kioskId, isSilenced ? nowMs : null)
  },
}

/**
 * Silences a kiosk, or lets it count again: among its pushes, so that each of them is before or after it. What it reported
 * before stays as it is. [CON-4]
 */
export const silenceCommand: PersonCommand<{ kioskId: number; isSilenced: boolean }, PeopleKiosk, null> = {
  name: 'silence a kiosk',
  load: ({ body }, need) => {
    need(kioskFacts, body.kioskId)
    need(shownKiosks, body.kioskId)
  },
  decide: ({ actor, body }, facts) => {
    if (!may(actor, 'silenceKiosk', { universityId: facts.moment.universityId }))
      return refuse({ why: 'notAllowed' })
    const kiosk = facts.of(shownKiosks).byId.get(body.kioskId)
    return kiosk === undefined ? refuse({ why: 'notFound' }) : accept(kiosk)
  },
  write: (wish, kiosk, facts, effects) => {
    const { isSilenced } = wish.body
    const forMutations = facts.of(kioskFacts).get(kiosk.id)
    if (kiosk.isSilenced === isSilenced || forMutations === undefined) return
    effects.willWrite()
    kiosk.isSilenced = isSilenced
    forMutations.isSilenced = isSilenced
    facts.of(shownKiosks).changed.set(kiosk.id, isSilenced)
    effects.log.push({
      ...changedBy(wish),
      universityId: facts.moment.universityId,
      service: 'kiosks',
      subject: isSilenced ? 'silence' : 'unsilence',
      log: { kioskId: kiosk.id, name: kiosk.name },
    })
  },
  answer: () => null,
}
