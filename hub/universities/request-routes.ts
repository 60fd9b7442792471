import { may } from '#shared/domain/access.ts'
import { containsAddress } from '#shared/domain/address-in-name.ts'
import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import { faultOfText, normaliseName } from '#shared/domain/space-tree.ts'
import type { RouteInput } from '#shared/wire/rest.ts'
import type { IdentityDependencies } from '../accounts/account-dependencies.ts'
import { makeUniversity } from './make-university.ts'
import { collisionsOf, isPublicProvider } from './university-collisions.ts'
import { appendChange, changedBy } from '../platform/postgres/append-change.ts'
import { transaction, type Database, type Transaction } from '../platform/postgres/database.ts'
import { queueMail } from '../platform/mail/mail-outbox.ts'
import { loadUniversities, type ConflictingUniversity } from './university-rows.ts'
import {
  decideRequest,
  loadRequests,
  lockRequest,
  type UniversityRequest,
} from './university-request-rows.ts'
import type { HttpRefusal, Handle, SignedIn } from '../platform/http/handle.ts'

/** The longest reason that is sent to a contact, in characters. */
const MAX_REASON_LENGTH = 500

/** Requests for universities, decided by platform administrators. [UNI-3] */
export function requestRoutes(
  handle: Handle,
  { pool, kickMail }: IdentityDependencies & { pool: Database },
): void {
  handle('GET /platform/requests', async (_input, { actor }) => {
    if (!may(actor, 'decideUniversities', null)) return refuse({ why: 'notAllowed' })
    const [requests, universities] = [await loadRequests(pool), await loadUniversities(pool)]
    return accept({
      requests: requests.map((request) => ({
        ...request,
        collisions: collisionsOf(request, universities),
      })),
    })
  })
  const decide = async <Value>(
    run: (client: Transaction) => Promise<Decision<Value, HttpRefusal>>,
  ): Promise<Decision<Value, HttpRefusal>> => {
    const done = await transaction(pool, 'read committed', run)
    if (done.ok) kickMail()
    return done
  }
  handle('POST /platform/requests/:id/approve', ({ params }, caller) =>
    decide((client) => commitApproval(client, params.id, caller)),
  )
  handle('POST /platform/requests/:id/reject', (input, caller) =>
    decide((client) => commitRejection(client, input, caller)),
  )
}

/** A request that this caller may decide now. */
async function findRequest(
  client: Transaction,
  id: number,
  { actor, isConfirmed }: SignedIn,
): Promise<Decision<UniversityRequest, HttpRefusal>> {
  if (!may(actor, 'decideUniversities', null)) return refuse({ why: 'notAllowed' })
  const request = await lockRequest(client, id)
  if (request === null) return refuse({ why: 'notFound' })
  if (!isConfirmed) return refuse({ why: 'passwordNeeded' })
  // Its contact has not been confirmed yet. [UNI-2]
  return request.isContactConfirmed ? accept(request) : refuse({ why: 'valueRefused' })
}

async function commitApproval(
  client: Transaction,
  id: number,
  caller: SignedIn,
): Promise<Decision<{ universityId: number }, HttpRefusal>> {
  const found = await findRequest(client, id, caller)
  if (!found.ok) return found
  const { name, domains, timezone, locale, contact } = found.value
  // The request may be from before names were checked for addresses. [EDG-10]
  if (containsAddress(name)) return refuse({ why: 'valueRefused', at: '/name' })
  const open = domains.findIndex(isPublicProvider)
  if (open !== -1) return refuse({ why: 'valueRefused', at: `/domains/${open}` })
  // The university's own log must not have the address of a platform administrator.
  const by = { ...changedBy(caller), address: null }
  const made = await makeUniversity(client, { name, domains, timezone, locale }, by)
  if (!made.ok) return refuse({ why: 'nameTaken', at: takenAt(made.refusal, domains) })
  const universityId = made.value.id
  await decideRequest(client, id, universityId)
  await queueMail(client, {
    key: `university request ${id} decided`,
    to: contact,
    locale,
    template: 'universityApproved',
    facts: { university: name },
  })
  await appendDecision(client, caller, 'approve', { requestId: id, universityId })
  return accept({ universityId })
}

/** The field that another university has already: its name, or the first such domain. */
function takenAt(twins: readonly ConflictingUniversity[], domains: readonly string[]): string {
  if (twins.some(({ hasName }) => hasName)) return '/name'
  return `/domains/${domains.findIndex((domain) => twins.some((twin) => twin.domains.includes(domain)))}`
}

async function commitRejection(
  client: Transaction,
  { params, body }: RouteInput<'POST /platform/requests/:id/reject'>,
  caller: SignedIn,
): Promise<Decision<null, HttpRefusal>> {
  const found = await findRequest(client, params.id, caller)
  if (!found.ok) return found
  const reason = normaliseName(body.reason ?? '')
  if (faultOfText(reason, MAX_REASON_LENGTH) !== null) return refuse({ why: 'valueRefused', at: '/reason' })
  const { name, contact, locale } = found.value
  await decideRequest(client, params.id, null)
  await queueMail(client, {
    key: `university request ${params.id} decided`,
    to: contact,
    locale,
    template: 'universityRejected',
    facts: { university: name, reason: reason === '' ? null : reason },
  })
  await appendDecision(client, caller, 'reject', { requestId: params.id, name, reason })
  return accept(null)
}

function appendDecision(
  client: Transaction,
  caller: SignedIn,
  subject: string,
  log: Record<string, unknown>,
): Promise<void> {
  return appendChange(client, {
    ...changedBy(caller),
    universityId: null,
    service: 'universities',
    subject,
    log,
  })
}
