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
