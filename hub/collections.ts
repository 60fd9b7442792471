import { makeCollections } from './platform/broadcast/collection.ts'
import { inboxCollection } from './notifications/inbox.ts'
import { hoursCollection } from './spaces/hours.ts'

/** What kiosks and pages hold beside spaces. */
export const COLLECTIONS = makeCollections([hoursCollection, inboxCollection])
