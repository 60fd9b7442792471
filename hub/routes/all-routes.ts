import type { IdentityParts } from '../identity/identity-parts.ts'
import type { HubLog } from '../log.ts'
import type { Database } from '../store/database.ts'
import { groupRoutes } from './groups.ts'
import type { Handle } from './handle.ts'

/** What routes are made of. */
export interface RouteParts extends IdentityParts {
  pool: Database
  log: HubLog
}

/** Registers every call of ROUTES, subject by subject. */
export function registerRoutes(handle: Handle, parts: RouteParts): void {
  groupRoutes(handle, parts)
}
