import type { CertificateTrouble } from '#shared/wire/bridge.ts'

/** What Node and OpenSSL say where a certificate's dates do not fit the device's clock. */
const TOO_EARLY = new Set(['CERT_NOT_YET_VALID', 'CRL_NOT_YET_VALID'])
const TOO_LATE = new Set(['CERT_HAS_EXPIRED', 'CRL_HAS_EXPIRED'])

/** What they say where nobody whom the device trusts has signed it. */
const AUTHORITY =
  /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_GET_ISSUER_CERT(_LOCALLY)?|UNABLE_TO_VERIFY_LEAF_SIGNATURE|CERT_UNTRUSTED|CERT_REJECTED|CERT_SIGNATURE_FAILURE|INVALID_CA|CERT_CHAIN_TOO_LONG)$/

const HOST = new Set(['ERR_TLS_CERT_ALTNAME_INVALID', 'HOSTNAME_MISMATCH'])

const OTHER = /^(CERT_|ERR_TLS_|ERR_SSL_|UNABLE_TO_|INVALID_PURPOSE|EPROTO)/

/** No device that runs this program can be in a time before it was written: its clock has never been set. */
const WRITTEN_MS = Date.UTC(2026, 0, 1)

/** A clock that differs from the hub's by less does not make a certificate of days or years invalid. */
const CLOCK_ERROR_MS = 3_600_000

/**
 * Why a hub's certificate was not believed, so that IT looks at the right thing; null for what is no certificate's. One that
 * is not valid yet mostly means a device whose date was lost; one that has expired may mean either. [KSK-10] [KSK-11]
 */
export function certificateTroubleOf(error: unknown, wallMs: number): CertificateTrouble | null {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (TOO_EARLY.has(code)) return 'clockWrong'
  if (TOO_LATE.has(code)) return wallMs < WRITTEN_MS ? 'clockWrong' : 'certificateDate'
  if (AUTHORITY.test(code)) return 'certificateAuthority'
  if (HOST.has(code)) return 'certificateHost'
  return OTHER.test(code) ? 'tls' : null
}

/** The device's wall clock, and what it knows of the hub's. */
export interface ClockFacts {
  wallMs: number
  /** The wall clock minus hub time, where the hub was heard in this boot; else null. */
  offsetMs: number | null
  /** Hub time of the last word, also of an earlier boot; null: never met. */
  lastContactMs: number | null
}

/** Says whose date is wrong where it is certain: the device's, by the hub's time; or the certificate's, where they agree. */
export function judgeDate(trouble: CertificateTrouble, clock: ClockFacts): CertificateTrouble {
  if (trouble !== 'clockWrong' && trouble !== 'certificateDate') return trouble
  const { wallMs, offsetMs, lastContactMs } = clock
  if (lastContactMs !== null && wallMs < lastContactMs - CLOCK_ERROR_MS) return 'clockWrong'
  if (offsetMs === null) return trouble
  return Math.abs(offsetMs) > CLOCK_ERROR_MS ? 'clockWrong' : 'certificateDate'
}
