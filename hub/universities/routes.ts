import type { RequestLimits } from '#shared/domain/conduct.ts'
import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import { FALLBACK } from '#shared/i18n/language.ts'
import type { RouteInput } from '#shared/wire/rest.ts'
import { spokenLanguage } from '../platform/languages.ts'
import { parseAddress } from '../platform/mail/address.ts'
import { refuseLink } from '../platform/http/account-limits.ts'
import { addressBucket } from '../platform/http/network-address.ts'
import type { IdentityDependencies } from '../accounts/account-dependencies.ts'
import { hashLinkToken, LINK_LIFE_MS, makeLink } from '../platform/secrets/link-tokens.ts'
import { findUnreachable } from '../platform/mail/mail-reach.ts'
import { decideUniversity } from './make-university.ts'
import { appendChange } from '../platform/postgres/append-change.ts'
import { transaction, type Database } from '../platform/postgres/database.ts'
import { queueMail } from '../platform/mail/mail-outbox.ts'
import { loadApprovedUniversities } from './university-rows.ts'
import {
  confirmRequest,
  dropOldRequests,
  insertRequest,
  lockRequestCounts,
} from './university-request-rows.ts'
import { refusalOfName, type Caller, type HttpRefusal, type Handle } from '../platform/http/handle.ts'
import { requestRoutes } from './request-routes.ts'

/** How long a contact address may take to be confirmed. [UNI-2] */
const CONFIRM_MS = LINK_LIFE_MS.university

/** What these routes need. */
export interface UniversityDependencies extends IdentityDependencies {
  pool: Database
  requestLimits: RequestLimits
}

/** Universities: what anyone may see and ask for, and what platform administrators decide. [UNI-1] */
export function universityRoutes(handle: Handle, dependencies: UniversityDependencies): void {
  const { pool, directories } = dependencies
  handle('GET /universities', async () => {
    const [approved, withDirectory] = [
      await loadApprovedUniversities(pool),
      await directories.universitiesWithDirectory(),
    ]
    return accept({
      universities: approved.map((one) => ({ ...one, hasDirectory: withDirectory.has(one.id) })),
    })
  })
  handle('POST /universities', ({ body }, caller) => commitRequest(dependencies, body, caller))
  handle('POST /universities/confirm', ({ body }, caller) =>
    commitConfirmation(dependencies, body.token, caller),
  )
  requestRoutes(handle, dependencies)
}

async function commitRequest(
  { pool, keys, kickMail, mailTakesUtf8, requestLimits }: UniversityDependencies,
  body: RouteInput<'POST /universities'>['body'],
  caller: Caller,
): Promise<Decision<null, HttpRefusal>> {
  const input = decideUniversity({ ...body, locale: spokenLanguage(body.locale ?? FALLBACK) })
  if (!input.ok) {
    const { why, at } = input.refusal
    return refuse(why === 'valueRefused' ? { why, at } : refusalOfName(why, at))
  }
  const contact = parseAddress(body.contact)
  if (contact === null) return refuse({ why: 'addressRefused', at: '/contact' })
  const unreachable = await findUnreachable({ mailTakesUtf8 }, contact)
  if (unreachable !== null) return refuse({ ...unreachable, at: '/contact' })
  const askedFrom = keys.mac('addresses', 'university request', addressBucket(caller.address))
  const done = await transaction(pool, 'read committed', async (client) => {
    const full = refusalOfCounts(await lockRequestCounts(client, askedFrom), requestLimits)
    if (full !== null) return refuse(full)
    await dropOldRequests(client)
    const { nonce, tokenHash } = makeLink(keys, 'university')
    const request = { ...input.value, contact: contact.text, askedFrom, tokenHash, forMs: CONFIRM_MS }
    const requestId = await insertRequest(client, request)
    await queueMail(client, {
      key: `university request ${requestId}`,
      to: contact.text,
      locale: input.value.locale,
      template: 'confirmUniversity',
      facts: { nonce, university: input.value.name },
    })
    const log = { requestId, ...input.value }
    await appendChange(client, { ...byVisitor(caller), subject: 'request', log })
    return accept(null)
  })
  if (done.ok) kickMail()
  return done
}

async function commitConfirmation(
  dependencies: UniversityDependencies,
  token: string,
  caller: Caller,
): Promise<Decision<null, HttpRefusal>> {
  const done = await transaction(dependencies.pool, 'read committed', async (client) => {
    const requestId = await confirmRequest(client, hashLinkToken(token))
    if (requestId === null) return refuse('linkRefused')
    await appendChange(client, { ...byVisitor(caller), subject: 'request confirm', log: { requestId } })
    return accept(null)
  })
  return done.ok ? done : refuseLink(dependencies, caller.address)
}

function refusalOfCounts(
  counts: Awaited<ReturnType<typeof lockRequestCounts>>,
  limits: RequestLimits,
): HttpRefusal | null {
  if (counts.fromAddress >= limits.perAddress)
    return { why: 'tooMany', retryAfterS: (counts.resetsInMs ?? CONFIRM_MS) / 1000 }
  return counts.all >= limits.inAll ? { why: 'quotaReached' } : null
}

function byVisitor({ address }: Caller): {
  universityId: null
  actor: string
  address: string
  service: string
} {
  return { universityId: null, actor: 'visitor', address, service: 'universities' }
}
