import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import { FAILED_ENROLMENTS, type AttemptLimit } from '#shared/domain/conduct.ts'
import type { KioskRole } from '#shared/domain/kiosk.ts'
import { enrolStatement } from '#shared/wire/messages.ts'
import type { EnrolRequest } from '#shared/wire/rest.ts'
import { addressBucket } from '../platform/http/network-address.ts'
import { appendChange } from '../platform/postgres/append-change.ts'
import { lockUniversity } from '../platform/writer/lock-university.ts'
import { transaction, type Database, type Transaction } from '../platform/postgres/database.ts'
import {
  insertEnrolment,
  insertKiosk,
  isLiveSpace,
  loadEnrolledKiosk,
  loadEnrolment,
  loadKioskAssignment,
  markEnrolmentUsed,
  stepFactsClock,
  type EnrolledKiosk,
  type Enrolment,
  type KioskAssignment,
} from './enrolment-rows.ts'
import { markKioskRevoked } from './kiosk-rows.ts'
import { insertTry, loadTries, type LimitedBucket } from '../platform/http/rate-limits.ts'
import { notifyHeads } from '../platform/writer/heads.ts'
import { hashEnrolmentCode, isSignedBy, makeEnrolmentCode, parseEnrolmentCode } from './enrolment-codes.ts'

/** How long a code is good, unless the one who asks says otherwise. [SYN-20] */
export const DEFAULT_CODE_MINUTES = 15

/** What a code is for. */
export interface EnrolmentInput {
  universityId: number
  spaceId: number
  role: KioskRole
  minutes?: number
  /** The new device takes over this kiosk's space, name and settings, and this one is revoked. */
  replacesKioskId?: number
  /** Who asks; "cli" unless said. */
  actor?: string
}

/** Makes a one-time code; only its hash is stored. Throws when space or kiosk is not of the university. */
export async function createEnrolment(
  pool: Database,
  input: EnrolmentInput,
): Promise<{ code: string; expiresAt: Date }> {
  const code = makeEnrolmentCode()
  const codeHash = hashEnrolmentCode(parseEnrolmentCode(code) ?? '')
  const { universityId, spaceId, role, minutes = DEFAULT_CODE_MINUTES, replacesKioskId = null } = input
  return transaction(pool, 'read committed', async (client) => {
    const made = await insertEnrolment(client, {
      universityId,
      codeHash,
      spaceId,
      role,
      minutes,
      replacesKioskId,
    })
    await appendChange(client, {
      universityId,
      actor: input.actor ?? 'cli',
      service: 'kiosks',
      subject: 'code',
      log: { enrolmentId: made.id, spaceId, role, minutes, replacesKioskId },
    })
    return { code, expiresAt: made.expiresAt }
  })
}

/** Why a device does not become a kiosk. A wrong, a used and an expired code look the same. [SYN-20] */
export type EnrolRefusal =
  | { why: 'codeRefused' }
  | { why: 'badProof' }
  | { why: 'tooMany'; retryAfterMs: number }

/** `isNew` is false when the same device asked again because its first answer was lost. */
export type Enrolled = EnrolledKiosk & { isNew: boolean }

/** `head` is set when a kiosk was revoked: the clock that the hubs are notified of. */
type RedeemedCode = Enrolled & { head: number | null }

/**
 * A device shows code, key and proof and becomes a kiosk, in one transaction; `from` is the host that it dialled and
 * the address that it came from. Failures are counted per address, across hubs and restarts. [SYN-20]
 */
export async function commitEnrolment(
  pool: Database,
  request: EnrolRequest,
  from: { host: string; address: string },
  limit: AttemptLimit = FAILED_ENROLMENTS,
): Promise<Decision<Enrolled, EnrolRefusal>> {
  const isProved = isSignedBy(
    request.publicKey,
    enrolStatement(from.host, request.code, request.publicKey),
    request.proof,
  )
  const bucket = `enrol ${addressBucket(from.address)}`
  const decision = await transaction(pool, 'read committed', (client) =>
    redeemCounted(client, { name: bucket, limit }, isProved, request),
  )
  if (!decision.ok) return decision
  const { head, ...enrolled } = decision.value
  // The change is committed; hubs that miss the notification find it by their poll. [SYN-27]
  if (head !== null)
    await notifyHeads(pool, [{ universityId: enrolled.universityId, head }]).catch(() => undefined)
  return accept(enrolled)
}

/** Counts a failure or does the enrolment. Returns a decision in both cases, so that the count is committed too. */
async function redeemCounted(
  client: Transaction,
  bucket: LimitedBucket,
  isProved: boolean,
  request: EnrolRequest,
): Promise<Decision<RedeemedCode, EnrolRefusal>> {
  const tries = await loadTries(client, bucket.name)
  if (tries.count >= bucket.limit.count) return refuse({ why: 'tooMany', retryAfterMs: tries.resetsInMs })
  const used: Decision<RedeemedCode, EnrolRefusal> = isProved
    ? await redeem(client, request)
    : refuse({ why: 'badProof' })
  if (!used.ok) await insertTry(client, bucket.name, bucket.limit.windowMs)
  return used
}

async function redeem(
  client: Transaction,
  request: EnrolRequest,
): Promise<Decision<RedeemedCode, EnrolRefusal>> {
  const code = parseEnrolmentCode(request.code)
  const enrolment = code === null ? null : await loadEnrolment(client, hashEnrolmentCode(code))
  if (enrolment === null || enrolment.isExpired) return refuse({ why: 'codeRefused' })
  if (enrolment.kioskId !== null) {
    const again = await loadEnrolledKiosk(client, enrolment.kioskId, request.publicKey)
    return again === null ? refuse({ why: 'codeRefused' }) : accept({ ...again, isNew: false, head: null })
  }
  const found = await findAssignment(client, enrolment, request.name)
  if (found === null) return refuse({ why: 'codeRefused' })
  const { assignment, head } = found
  const kiosk = await insertKiosk(client, enrolment.universityId, assignment, request)
  await markEnrolmentUsed(client, enrolment.id, kiosk.kioskId)
  await appendChange(client, {
    universityId: kiosk.universityId,
    actor: `kiosk ${kiosk.kioskId}`,
    service: 'kiosks',
    subject: 'enrol',
    log: {
      ...kiosk,
      name: assignment.name,
      keyGrade: request.keyGrade,
      replacesKioskId: enrolment.replacesKioskId,
    },
  })
  return accept({ ...kiosk, isNew: true, head })
}

/** Space, role, name and settings of the new kiosk, taken from the one that it replaces if it does; null when its space is gone. */
async function findAssignment(
  client: Transaction,
  { universityId, replacesKioskId, spaceId, role }: Enrolment,
  name: string,
): Promise<{ assignment: KioskAssignment; head: number | null } | null> {
  if (replacesKioskId === null) {
    const assignment = { spaceId, role, name, settings: {} }
    return (await isLiveSpace(client, universityId, spaceId)) ? { assignment, head: null } : null
  }
  // The university first and its kiosks after it, in the order of every commit. [SYN-28]
  await lockUniversity(client, universityId, null)
  const assignment = await loadKioskAssignment(client, universityId, replacesKioskId)
  if (assignment === null || !(await isLiveSpace(client, universityId, assignment.spaceId))) return null
  await markKioskRevoked(client, universityId, replacesKioskId)
  return { assignment, head: await stepFactsClock(client, universityId) }
}
