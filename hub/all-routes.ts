import type { AccountDependencies } from './accounts/account-dependencies.ts'
import { sessionRoutes } from './accounts/session-routes.ts'
import { authRoutes } from './accounts/auth-routes.ts'
import { bookingRoutes } from './bookings/routes.ts'
import { changeRoutes } from './audit/routes.ts'
import { groupRoutes } from './groups/routes.ts'
import { notificationRoutes } from './notifications/routes.ts'
import { type Handle, API_PREFIX, SerializedJson } from './platform/http/handle.ts'
import { kioskRoutes } from './kiosks/routes.ts'
import { liveTicketRoutes } from './platform/connections/live-route.ts'
import { meRoutes } from './accounts/me-routes.ts'
import { reportRoutes } from './occupancy/reports.ts'
import { spaceRoutes } from './spaces/routes.ts'
import { universityRoutes, type UniversityDependencies } from './universities/routes.ts'
import type { TenantWriter } from './platform/writer/tenant-writer.ts'
import { readHubVersion } from './platform/hub-version.ts'
import { accept } from '#shared/domain/decision.ts'
import { describeCalls } from '#shared/wire/openapi.ts'
import { ROUTES } from '#shared/wire/rest.ts'

/** What routes are made of. */
export interface RouteDependencies extends AccountDependencies, UniversityDependencies {
  /** Group commit: every change of what kiosks or people hold goes through it. */
  writer: TenantWriter
}

/** Registers every call of ROUTES, subject by subject. */
export function registerRoutes(handle: Handle, dependencies: RouteDependencies): void {
  authRoutes(handle, dependencies)
  sessionRoutes(handle, dependencies)
  meRoutes(handle, dependencies)
  universityRoutes(handle, dependencies)
  groupRoutes(handle, dependencies)
  notificationRoutes(handle, dependencies)
  changeRoutes(handle, dependencies)
  documentRoutes(handle)
  spaceRoutes(handle, dependencies)
  reportRoutes(handle, dependencies)
  bookingRoutes(handle, dependencies)
  kioskRoutes(handle, dependencies)
  liveTicketRoutes(handle, dependencies)
}

/** What programs read about all calls; made once from the contracts themselves. [API-1] */
function documentRoutes(handle: Handle): void {
  const document = describeCalls(ROUTES, { title: 'Carrel', version: readHubVersion(), prefix: API_PREFIX })
  const written = new SerializedJson([Buffer.from(JSON.stringify(document))])
  handle('GET /openapi.json', async () => accept(written))
}
