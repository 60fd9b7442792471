import type { CertificateError } from '#shared/wire/bridge.ts'

/** Node's and OpenSSL's codes for a certificate whose dates do not fit the device's clock. */
const TOO_EARLY = new Set(['CERT_NOT_YET_VALID', 'CRL_NOT_YET_VALID'])
const TOO_LATE = new Set(['CERT_HAS_EXPIRED', 'CRL_HAS_EXPIRED'])

/** Codes for one that no authority which the device trusts has signed. */
const AUTHORITY =
  /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_GET_ISSUER_CERT(_LOCALLY)?|UNABLE_TO_VERIFY_LEAF_SIGNATURE|CERT_UNTRUSTED|CERT_REJECTED|CERT_SIGNATURE_FAILURE|INVALID_CA|CERT_CHAIN_TOO_LONG)$/

const HOST = new Set(['ERR_TLS_CERT_ALTNAME_INVALID', 'HOSTNAME_MISMATCH'])

const OTHER = /^(CERT_|ERR_TLS_|ERR_SSL_|UNABLE_TO_|INVALID_PURPOSE|EPROTO)/

/** A device whose clock is before the release of this program has never had it set. */
const RELEASED_MS = Date.UTC(2026, 0, 1)

/** A clock that differs from the hub's by less does not make a certificate of days or years invalid. */
const CLOCK_ERROR_MS = 3_600_000

/**
 * Why a hub's certificate was not accepted, so that IT looks at the right thing; null for any other error. One that is not
 * valid yet mostly means a device whose date was lost; one that has expired may mean either. `wallMs`: the device's wall clock,
 * ms since 1970. [KSK-10] [KSK-11]
 */
export function certificateErrorOf(error: unknown, wallMs: number): CertificateError | null {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (TOO_EARLY.has(code)) return 'clockWrong'
  if (TOO_LATE.has(code)) return wallMs < RELEASED_MS ? 'clockWrong' : 'certificateDate'
  if (AUTHORITY.test(code)) return 'certificateAuthority'
  if (HOST.has(code)) return 'certificateHost'
  return OTHER.test(code) ? 'tls' : null
}

/** The device's wall clock, and what it knows of the hub's. */
export interface ClockFacts {
  wallMs: number
  /** The wall clock minus hub time, where the hub sent its time in this boot; else null. */
  offsetMs: number | null
  /** Hub time of the last message, also of an earlier boot; null: none ever came. */
  lastContactMs: number | null
}

/** Says whose date is wrong where that is certain: the device's, by the hub's time, or the certificate's, where they agree. [KSK-10] */
export function refineDateError(error: CertificateError, clock: ClockFacts): CertificateError {
  if (error !== 'clockWrong' && error !== 'certificateDate') return error
  const { wallMs, offsetMs, lastContactMs } = clock
  if (lastContactMs !== null && wallMs < lastContactMs - CLOCK_ERROR_MS) return 'clockWrong'
  if (offsetMs === null) return error
  return Math.abs(offsetMs) > CLOCK_ERROR_MS ? 'clockWrong' : 'certificateDate'
}
