import { HOURS_WORDS } from '#shared/wire/collections.ts'
import type { Collection } from '../platform/broadcast/collection.ts'
import { loadHoursFeed, type SpaceHours } from './hour-rows.ts'

/**
 * Opening hours and closures, as kiosks and pages hold them: for the whole university, since the hours of a space without any of
 * its own are those of what it is in. A space without any has no row. [HRS-1] [HRS-2] [SYN-31]
 */
export const hoursCollection: Collection<SpaceHours> = {
  name: HOURS_WORDS.name,
  salt: HOURS_WORDS.salt,
  scope: 'university',
  followsFacts: true,
  kiosks: {
    capability: HOURS_WORDS.capability,
    schema: HOURS_WORDS.body,
    body: ({ isPublic, hours }) => (isPublic ? hours : null),
  },
  pages: { schema: HOURS_WORDS.body, body: ({ hours }) => hours },
  feed: loadHoursFeed,
}
