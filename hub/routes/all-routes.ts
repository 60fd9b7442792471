import type { RequestLimits } from '#shared/domain/conduct.ts'
import type { AccountParts } from '../identity/identity-parts.ts'
import { sessionRoutes } from './auth-sessions.ts'
import { authRoutes } from './auth.ts'
import { changeRoutes } from './changes.ts'
import { documentRoutes } from './openapi.ts'
import { groupRoutes } from './groups.ts'
import type { Handle } from './handle.ts'
import { kioskRoutes } from './kiosks.ts'
import { liveTicketRoutes } from './live.ts'
import { meRoutes } from './me.ts'
import { reportRoutes } from './reports.ts'
import { spaceRoutes } from './spaces.ts'
import { universityRoutes } from './universities.ts'
import type { TenantWriter } from '../sync/tenant-writer.ts'

/** What routes are made of. */
export interface RouteParts extends AccountParts {
  /** Group commit: every change of what kiosks or people hold goes through it. */
  writer: TenantWriter
  /** How many requests for universities may wait. [UNI-1] */
  requestLimits: RequestLimits
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
