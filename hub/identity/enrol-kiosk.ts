import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import type { KioskRole } from '#shared/domain/kiosk.ts'
import { enrolStatement } from '#shared/wire/messages.ts'
import type { EnrolRequest } from '#shared/wire/rest.ts'
import { appendChange } from '../store/change-logs.ts'
import { transaction, type Database, type Transaction } from '../store/database.ts'
import {
  insertEnrolment,
  insertKiosk,
  isLiveSpace,
  loadAndRevokeKiosk,
  loadEnrolledKiosk,
  loadEnrolment,
  markEnrolmentUsed,
  type EnrolledKiosk,
  type Enrolment,
  type KioskPlace,
} from '../store/enrolments.ts'
import { insertTry, loadTries } from '../store/rate-limits.ts'
import { hashEnrolmentCode, isSignedBy, makeEnrolmentCode, parseEnrolmentCode } from './enrolment-codes.ts'

/** Failed tries that one address may make in a minute. */
export const MAX_FAILED_ENROLMENTS = 10
const FAILURE_WINDOW_MS = 60_000

/** How long a code is good, unless the one who asks says otherwise. [SYN-20] */
export const DEFAULT_CODE_MINUTES = 15

/** What a code is for. */
export interface EnrolmentWish {
  universityId: number
  spaceId: number
  role: KioskRole
  minutes?: number
  /** The new device takes this kiosk's place, name and settings, and this one is revoked. */
  replacesKioskId?: number
  /** Who asks; "cli" unless said. */
  actor?: string
}

/** Makes a one-time code and shows it this once: only its hash is kept. Throws when space or kiosk is not of the university. */
export async function createEnrolment(
  pool: Database,
  wish: EnrolmentWish,
): Promise<{ code: string; expiresAt: Date }> {
  const code = makeEnrolmentCode()
  const codeHash = hashEnrolmentCode(parseEnrolmentCode(code) ?? '')
  const { universityId, spaceId, role, minutes = DEFAULT_CODE_MINUTES, replacesKioskId = null } = wish
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
      actor: wish.actor ?? 'cli',
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

/**
 * A device shows code, key and proof and becomes a kiosk, in one transaction; `from` is the host that it dialled and
 * the address that it came from. Failures are counted per address, across hubs and restarts. [SYN-20]
 */
export async function commitEnrolment(
  pool: Database,
  request: EnrolRequest,
  from: { host: string; address: string },
): Promise<Decision<Enrolled, EnrolRefusal>> {
  const isProved = isSignedBy(
    request.publicKey,
    enrolStatement(from.host, request.code, request.publicKey),
    request.proof,
  )
  const bucket = `enrol ${addressBucket(from.address)}`
  return transaction(pool, 'read committed', async (client) => {
    const tries = await loadTries(client, bucket)
    if (tries.count >= MAX_FAILED_ENROLMENTS)
      return refuse({ why: 'tooMany', retryAfterMs: tries.resetsInMs })
    const decision: Decision<Enrolled, EnrolRefusal> = isProved
      ? await useCode(client, request)
      : refuse({ why: 'badProof' })
    if (!decision.ok) await insertTry(client, bucket, FAILURE_WINDOW_MS)
    return decision
  })
}

async function useCode(
  client: Transaction,
  request: EnrolRequest,
): Promise<Decision<Enrolled, EnrolRefusal>> {
  const code = parseEnrolmentCode(request.code)
  const enrolment = code === null ? null : await loadEnrolment(client, hashEnrolmentCode(code))
  if (enrolment === null || enrolment.isExpired) return refuse({ why: 'codeRefused' })
  if (enrolment.kioskId !== null) {
    const again = await loadEnrolledKiosk(client, enrolment.kioskId, request.publicKey)
    return again === null ? refuse({ why: 'codeRefused' }) : accept({ ...again, isNew: false })
  }
  const place = await loadPlace(client, enrolment, request.name)
  if (place === null) return refuse({ why: 'codeRefused' })
  const kiosk = await insertKiosk(client, enrolment.universityId, place, request)
  await markEnrolmentUsed(client, enrolment.id, kiosk.kioskId)
  await appendChange(client, {
    universityId: kiosk.universityId,
    actor: `kiosk ${kiosk.kioskId}`,
    service: 'kiosks',
    subject: 'enrol',
    log: {
      ...kiosk,
      name: place.name,
      keyGrade: request.keyGrade,
      replacesKioskId: enrolment.replacesKioskId,
    },
  })
  return accept({ ...kiosk, isNew: true })
}

/** Where the new kiosk stands; null when that place is gone. */
async function loadPlace(
  client: Transaction,
  enrolment: Enrolment,
  name: string,
): Promise<KioskPlace | null> {
  const { universityId, replacesKioskId, spaceId, role } = enrolment
  if (!(await isLiveSpace(client, universityId, spaceId))) return null
  if (replacesKioskId !== null) return loadAndRevokeKiosk(client, universityId, replacesKioskId)
  return { spaceId, role, name, settings: {} }
}

/** One household of IPv6 is its first 64 bits; an IPv4 address is itself, also when written as IPv6. */
export function addressBucket(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '')
  if (!plain.includes(':')) return plain
  const [left = '', right = ''] = plain.toLowerCase().split('::')
  const head = left === '' ? [] : left.split(':')
  const tail = right === '' ? [] : right.split(':')
  const middle = Array.from({ length: Math.max(0, 8 - head.length - tail.length) }, () => '0')
  return [...head, ...(plain.includes('::') ? middle : []), ...tail].slice(0, 4).join(':')
}
