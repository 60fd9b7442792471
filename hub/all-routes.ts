import type { AccountParts } from './accounts/identity-parts.ts'
import { sessionRoutes } from './accounts/session-routes.ts'
import { authRoutes } from './accounts/auth-routes.ts'
import { changeRoutes } from './audit/routes.ts'
import { documentRoutes } from './openapi.ts'
import { groupRoutes } from './groups/routes.ts'
import type { Handle } from './platform/http/handle.ts'
import { kioskRoutes } from './kiosks/routes.ts'
import { liveTicketRoutes } from './platform/connections/live-route.ts'
import { meRoutes } from './accounts/me-routes.ts'
import { reportRoutes } from './occupancy/reports.ts'
import { spaceRoutes } from './spaces/routes.ts'
import { universityRoutes, type UniversityParts } from './universities/routes.ts'
import type { TenantWriter } from './platform/writer/tenant-writer.ts'

/** What routes are made of. */
export interface RouteParts extends AccountParts, UniversityParts {
  /** Group commit: every change of what kiosks or people hold goes through it. */
  writer: TenantWriter
}

/** Registers every call of ROUTES, subject by subject. */
export function registerRoutes(handle: Handle, parts: RouteParts): void {
  authRoutes(handle, parts)
  sessionRoutes(handle, parts)
  meRoutes(handle, parts)
  universityRoutes(handle, parts)
  groupRoutes(handle, parts)
  changeRoutes(handle, parts)
  documentRoutes(handle)
  spaceRoutes(handle, parts)
  reportRoutes(handle, parts)
  kioskRoutes(handle, parts)
  liveTicketRoutes(handle, parts)
}
