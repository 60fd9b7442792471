/**
 * A digest of which rows are held at which clock: the XOR over all live rows of a 64-bit mix of (salt, id, clock), kept as
 * two 32-bit halves so that a changed row is taken out and put in again. Nothing in it depends on time or order. [SYN-14] [SYN-33]
 */
export interface Digest {
  high: number
  low: number
}

/** The digest of no rows. */
export function emptyDigest(): Digest {
  return { high: 0, low: 0 }
}

/** Takes a row in, or out again: the same call undoes itself. Each collection has a salt of its own; spaces have 0. */
export function toggleRow(digest: Digest, id: number, clock: number, salt = 0): void {
  const salted = Math.imul(salt, 0x27d4eb2f)
  const idHigh = Math.floor(id / 4294967296) ^ salted
  const clockHigh = Math.floor(clock / 4294967296) ^ salted
  digest.high = (digest.high ^ mix(id | 0, clock | 0, idHigh + 0x9e3779b9, clockHigh)) >>> 0
  digest.low = (digest.low ^ mix(clock | 0, id | 0, clockHigh + 0x85ebca6b, idHigh)) >>> 0
}

/** Takes all rows of another digest in, or out again. */
export function toggleDigest(digest: Digest, other: Digest): void {
  digest.high = (digest.high ^ other.high) >>> 0
  digest.low = (digest.low ^ other.low) >>> 0
}

/** The digest as 16 hexadecimal digits, as heartbeats carry it. */
export function digestText(digest: Digest): string {
  return digest.high.toString(16).padStart(8, '0') + digest.low.toString(16).padStart(8, '0')
}

/** Murmur3's body and finaliser over four words (public domain, Austin Appleby). */
function mix(...words: number[]): number {
  let hash = 0
  for (const word of words) {
    let k = Math.imul(word | 0, 0xcc9e2d51)
    k = (k << 15) | (k >>> 17)
    hash ^= Math.imul(k, 0x1b873593)
    hash = (hash << 13) | (hash >>> 19)
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0
  }
  hash ^= hash >>> 16
  hash = Math.imul(hash, 0x85ebca6b)
  hash ^= hash >>> 13
  hash = Math.imul(hash, 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}
