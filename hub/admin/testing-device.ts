import { generateKeyPairSync, sign } from 'node:crypto'
import { enrolStatement } from '#shared/wire/messages.ts'
import { commitEnrolment } from '../kiosks/enrol-kiosk.ts'
import { runAloneOn } from '../platform/writer/commit-alone.ts'
import type { Database } from '../platform/postgres/database.ts'

/** A device enrols as it would over HTTP, with a key of its own. */
export function enrolTestDevice(pool: Database, code: string): ReturnType<typeof commitEnrolment> {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const key = String(publicKey.export({ format: 'jwk' }).x)
  const proof = sign(null, Buffer.from(enrolStatement('hub', code, key)), privateKey).toString('base64url')
  return commitEnrolment(
    { pool, run: runAloneOn(pool) },
    { code, publicKey: key, name: 'door 101', keyGrade: 'file', appVersion: '0.1.0', proof },
    { host: 'hub', address: '127.0.0.1' },
  )
}
