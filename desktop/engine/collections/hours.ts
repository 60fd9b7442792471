import { NO_HOURS, type OpeningHours } from '#shared/domain/week-time.ts'
import { HOURS_WORDS } from '#shared/wire/collections.ts'
import type { KioskMirror } from '../store/mirror.ts'
import type { Collection } from './collection.ts'
import { SPACES } from './spaces.ts'

/** Opening hours with closures, of spaces that have any; shown with the space, whose id is the row's. */
export const hoursCollection: Collection<OpeningHours, null> = {
  ...HOURS_WORDS,
  noHot: null,
  shownWith: { collection: SPACES, idOf: (id) => id },
}

/** The hours that a space has of its own. */
export function hoursOf(mirror: Pick<KioskMirror, 'of'>, spaceId: number): OpeningHours {
  return mirror.of(hoursCollection).get(spaceId)?.body ?? NO_HOURS
}

/** Whether hours say anything; those that do not are no row. */
export function saysHours({ weekly, closures }: OpeningHours): boolean {
  return weekly !== null || closures.length > 0
}
