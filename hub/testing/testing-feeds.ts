import { COLLECTIONS } from '../collections.ts'
import { collectionsOfKiosks, collectionsOfPages } from '../platform/broadcast/collection.ts'
import { loadFeed, type WholeFeed } from '../platform/broadcast/feed-rows.ts'
import { FULL_FORM } from '../platform/broadcast/row-form.ts'
import type { Database } from '../platform/postgres/database.ts'
import { spacesOfKiosks, spacesOfPages } from '../spaces/space-feed-rows.ts'

/** Everything that kiosks hold of a university, or what changed of it after `from`; rows with hours, and hours as rows too. */
export function loadForKiosks(
  pool: Database,
  universityId: number,
  from: number | null,
): Promise<WholeFeed | null> {
  const collections = collectionsOfKiosks(COLLECTIONS)
  return loadFeed(pool, universityId, from, { spaces: spacesOfKiosks, form: FULL_FORM, collections })
}

/** The same for people's pages. */
export function loadForPages(
  pool: Database,
  universityId: number,
  from: number | null,
): Promise<WholeFeed | null> {
  const collections = collectionsOfPages(COLLECTIONS)
  return loadFeed(pool, universityId, from, { spaces: spacesOfPages, form: FULL_FORM, collections })
}
