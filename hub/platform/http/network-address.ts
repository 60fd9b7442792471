import ipaddr from 'ipaddr.js'
import { accept, refuse, type Decision } from '#shared/domain/decision.ts'

/** The longest text that can be an address: IPv6 with a dotted end, brackets, a zone and a port. */
const MAX_LENGTH = 100
/** Of the well-known prefix (RFC 6052) the last 32 bits are an IPv4 address that a translator put there. */
const TRANSLATED = ipaddr.IPv6.parse('64:ff9b::')
const TRANSLATED_BITS = 96

/**
 * An address of the network as people and proxies write it, in the one form under which the hub stores and counts it: IPv4
 * dotted, also where it is written as IPv6; IPv6 as RFC 5952 has it; without port, brackets, quotes and zone. Null for what
 * is no address. [EDG-3]
 */
export function parseNetworkAddress(text: string): string | null {
  return parse(text)?.toString() ?? null
}

/**
 * What tries are counted under: an IPv4 address itself, of IPv6 the first 64 bits, since one household or one phone has them
 * all. Anything else counts as one. [EDG-3]
 */
export function addressBucket(address: string): string {
  const parsed = parse(address)
  if (parsed === null) return 'unknown'
  if (parsed.kind() === 'ipv4') return parsed.toString()
  return (parsed as ipaddr.IPv6).parts
    .slice(0, 4)
    .map((part) => part.toString(16))
    .join(':')
}

function parse(text: string): ipaddr.IPv4 | ipaddr.IPv6 | null {
  if (text.length > MAX_LENGTH) return null
  const plain = withoutPort(text.trim().replace(/^"(.*)"$/, '$1'))
  // The library also reads 0x7f.1 and 017.0.0.1, which nobody means.
  if (ipaddr.IPv4.isValidFourPartDecimal(plain)) return ipaddr.IPv4.parse(plain)
  const withoutZone = plain.replace(/%[\w.-]{1,40}$/, '')
  if (!ipaddr.IPv6.isValid(withoutZone)) return null
  const long = ipaddr.IPv6.parse(withoutZone)
  if (long.isIPv4MappedAddress()) return long.toIPv4Address()
  return long.match(TRANSLATED, TRANSLATED_BITS) ? new ipaddr.IPv4(long.toByteArray().slice(-4)) : long
}

function withoutPort(text: string): string {
  const bracketed = /^\[([^[\]]*)\](?::\d{1,5})?$/.exec(text)
  return bracketed?.[1] ?? text.replace(/^([\d.]+):\d{1,5}$/, '$1')
}

/** Ranges that may be named instead of written. */
const NAMED_RANGES: Readonly<Record<string, readonly string[]>> = {
  loopback: ['127.0.0.0/8', '::1/128'],
  linklocal: ['169.254.0.0/16', 'fe80::/10'],
  uniquelocal: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
}

const ALLOWED =
  'allowed are addresses (10.0.0.5), ranges (172.18.0.0/16, fd00::/8) and the words loopback, linklocal and uniquelocal'
const EVERYBODY =
  'would believe everyone, and anyone could then write any address: name the proxies themselves'
/** The widest ranges that still are somebody's own: 10.0.0.0/8 and fc00::/7. */
const MIN_BITS = { ipv4: 8, ipv6: 7 }

/** Proxies of TRUST_PROXY, each as it is to be kept; or a sentence for each that cannot be one, which does not repeat it. [EDG-4] */
export function parseProxies(text: string): Decision<string[], string[]> {
  const entries = text.split(',').map((entry) => entry.trim().toLowerCase())
  const problems = entries.flatMap((entry, index) => {
    const wrong = faultOfProxy(entry)
    return wrong === null ? [] : [`TRUST_PROXY: entry ${index + 1} ${wrong}; ${ALLOWED}.`]
  })
  return problems.length === 0 ? accept(entries) : refuse(problems)
}

function faultOfProxy(entry: string): string | null {
  if (NAMED_RANGES[entry] !== undefined) return null
  if (entry === '') return 'is empty'
  if (/^(true|yes|on|all|any|\*)$/.test(entry)) return EVERYBODY
  if (/^\d+$/.test(entry)) return 'is a number; how many proxies there are says nothing of who they are'
  const [address = '', bits, ...more] = entry.split('/')
  if (bits !== undefined) return more.length > 0 ? 'is not a range' : faultOfRange(address, bits)
  if (isBare(address)) return null
  if (parse(address) !== null) return 'is more than an address: leave out the port, brackets and zone'
  return /[g-z]/.test(address)
    ? 'is not an address: write that of the proxy, since a name can be pointed elsewhere'
    : 'is not an address'
}

function faultOfRange(address: string, bits: string): string | null {
  const range = parseRange(`${address}/${bits}`)
  if (range === null) return 'is not a range'
  return range.bits < MIN_BITS[range.start.kind()] ? EVERYBODY : null
}

function isBare(address: string): boolean {
  return (
    ipaddr.IPv4.isValidFourPartDecimal(address) || (ipaddr.IPv6.isValid(address) && !/[%"[]/.test(address))
  )
}

interface Range {
  start: ipaddr.IPv4 | ipaddr.IPv6
  bits: number
}

/** An IPv4 range that is written as IPv6 is one of IPv4. */
function parseRange(text: string): Range | null {
  const [address = '', bitsText] = text.split('/')
  const start = isBare(address) ? parse(address) : null
  if (start === null || !/^\d{1,3}$/.test(bitsText ?? '0')) return null
  const isLong = address.includes(':')
  const width = isLong ? 128 : 32
  const bits = Number(bitsText ?? width)
  if (bits > width) return null
  return { start, bits: isLong && start.kind() === 'ipv4' ? Math.max(0, bits - TRANSLATED_BITS) : bits }
}

/** Whether an address is one of the proxies that are believed; of none when there are none. [EDG-4] */
export function makeTrust(proxies: readonly string[]): (address: string | undefined) => boolean {
  const ranges = proxies
    .flatMap((proxy) => NAMED_RANGES[proxy] ?? [proxy])
    .map(parseRange)
    .filter((range) => range !== null)
  return (address) => {
    const parsed = parse(address ?? '')
    if (parsed === null) return false
    return ranges.some(({ start, bits }) => start.kind() === parsed.kind() && parsed.match(start, bits))
  }
}

/**
 * Who calls: the nearest in the chain of X-Forwarded-For who is no proxy of ours, read from the right, since whatever stands
 * further left anybody may have written. A chain with something that is no address says nothing: then it is the peer. [EDG-3]
 */
export function findClient(
  peer: string | undefined,
  forwarded: string | undefined,
  isTrusted: (address: string) => boolean,
): string {
  const own = parseNetworkAddress(peer ?? '') ?? ''
  if (forwarded === undefined || !isTrusted(own)) return own
  let nearest = own
  for (const entry of forwarded.split(',').toReversed()) {
    const address = parseNetworkAddress(entry)
    if (address === null) return own
    nearest = address
    if (!isTrusted(address)) break
  }
  return nearest
}
