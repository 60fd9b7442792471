import { expect, it } from 'vitest'
import { certificateErrorOf } from './certificate-error.ts'

// Every code by itself: IT looks where the reason sends them.

const TODAY_MS = Date.UTC(2026, 10, 30)
const NEVER_SET_MS = Date.UTC(2018, 0, 1)

const fault = (code: string): Error => Object.assign(new Error('no connection'), { code })

it.each([
  ['CERT_NOT_YET_VALID', 'clockWrong'],
  ['CRL_NOT_YET_VALID', 'clockWrong'],
  ['CERT_HAS_EXPIRED', 'certificateDate'],
  ['CRL_HAS_EXPIRED', 'certificateDate'],
] as const)('[KSK-10] %s is a matter of date and time', (code, why) => {
  expect(certificateErrorOf(fault(code), TODAY_MS)).toBe(why)
  expect(certificateErrorOf(fault(code), NEVER_SET_MS)).toBe('clockWrong')
})

it.each([
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'certificateAuthority'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'certificateAuthority'],
  ['UNABLE_TO_GET_ISSUER_CERT', 'certificateAuthority'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'certificateAuthority'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'certificateAuthority'],
  ['CERT_UNTRUSTED', 'certificateAuthority'],
  ['CERT_REJECTED', 'certificateAuthority'],
  ['CERT_SIGNATURE_FAILURE', 'certificateAuthority'],
  ['INVALID_CA', 'certificateAuthority'],
  ['CERT_CHAIN_TOO_LONG', 'certificateAuthority'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'certificateHost'],
  ['HOSTNAME_MISMATCH', 'certificateHost'],
  ['CERT_REVOKED', 'tls'],
  ['ERR_TLS_DH_PARAM_SIZE', 'tls'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'tls'],
  ['UNABLE_TO_DECRYPT_CERT_SIGNATURE', 'tls'],
  ['INVALID_PURPOSE', 'tls'],
  ['EPROTO', 'tls'],
  ['ECONNREFUSED', null],
  ['ENOTFOUND', null],
] as const)('[KSK-11] %s is %s', (code, why) => {
  for (const wallMs of [TODAY_MS, NEVER_SET_MS]) expect(certificateErrorOf(fault(code), wallMs)).toBe(why)
})

it('[KSK-11] what is no error of a connection is none of a certificate', () => {
  for (const error of [
    new Error('CERT_HAS_EXPIRED'),
    'CERT_HAS_EXPIRED',
    null,
    undefined,
    { code: 'EPROTO' },
  ])
    expect(certificateErrorOf(error, TODAY_MS)).toBeNull()
})
