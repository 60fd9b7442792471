import { checkPin } from './kiosks/pin.ts'
import { forkKiosk } from './kiosks/fork-kiosk.ts'
import { COLLECTIONS } from './collections.ts'
import { COMMANDS } from './commands.ts'
import type { SyncFeatures } from './platform/connections/sync-features.ts'
import type { Database } from './platform/postgres/database.ts'
import { spacesOfKiosks, spacesOfPages } from './spaces/space-feed-rows.ts'

/** What connections of kiosks and pages use from the features; `kickMail` sends queued mails, which else wait for the next sweep. */
export function makeSyncFeatures(pool: Database, kickMail: () => void = () => undefined): SyncFeatures {
  return {
    commands: COMMANDS,
    collections: COLLECTIONS,
    spacesOfKiosks,
    spacesOfPages,
    checkPin: (kiosk, pin, nowMs) => checkPin(pool, kiosk, pin, nowMs),
    kickMail,
    fork: forkKiosk,
  }
}
