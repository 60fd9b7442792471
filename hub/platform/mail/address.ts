import { isIP } from 'node:net'
import { domainToASCII } from 'node:url'
import { MAX_ADDRESS_LENGTH } from '#shared/domain/account.ts'

/** An email address that was understood. */
export interface Address {
  /** In its one spelling, with the domain in ASCII: where mail goes. */
  text: string
  /** As addresses are compared: lower case. */
  key: string
  /** Part before the @, as typed. */
  local: string
  /** In ASCII and lower case. */
  domain: string
}

/** Longest part before the @, in bytes (RFC 5321, 4.5.3.1.1). */
const MAX_LOCAL_BYTES = 64

/** Words with dots between, of letters, digits and what RFC 5322 allows without quotes; letters of any script. */
const LOCAL = /^[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+(\.[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+)*$/u

const LABEL = /^(?!-)[a-z0-9-]{1,63}(?<!-)$/
const MAX_DOMAIN_LENGTH = 253

/**
 * An email address as typed, in Unicode normal form C and with its domain as DNS has it. Null for anything that is none:
 * quoted parts, comments, addresses of machines, control characters, and what is too long. [IDN-1]
 */
export function parseAddress(typed: string): Address | null {
  const text = typed.normalize('NFC').trim()
  const at = text.lastIndexOf('@')
  if (at <= 0) return null
  const local = text.slice(0, at)
  const domain = parseDomain(text.slice(at + 1))
  if (domain === null || !LOCAL.test(local) || Buffer.byteLength(local) > MAX_LOCAL_BYTES) return null
  const whole = `${local}@${domain}`
  if (Buffer.byteLength(whole) > MAX_ADDRESS_LENGTH) return null
  return { text: whole, key: whole.toLowerCase().normalize('NFC'), local, domain }
}

/** An email domain as typed, in ASCII (IDNA) and lower case, with at least two labels; null for anything that is none. [IDN-1] */
export function parseDomain(typed: string): string | null {
  // What a URL would read as port, path, user or escape is no part of a domain.
  if (/[\s/\\?#@:%[\]]/.test(typed)) return null
  const ascii = domainToASCII(typed).toLowerCase()
  if (ascii === '' || ascii.length > MAX_DOMAIN_LENGTH || isIP(ascii) !== 0) return null
  const labels = ascii.split('.')
  const isWhole = labels.length >= 2 && labels.every((label) => LABEL.test(label))
  return isWhole && !/^\d+$/.test(labels.at(-1) ?? '') ? ascii : null
}
