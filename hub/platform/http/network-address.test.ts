import { describe, expect, test } from 'vitest'
import { addressBucket, findClient, makeTrust, parseNetworkAddress, parseProxies } from './network-address.ts'

describe('[EDG-3] an address of the network', () => {
  test.each([
    ['203.0.113.9', '203.0.113.9'],
    [' 203.0.113.9 ', '203.0.113.9'],
    ['203.0.113.9:51234', '203.0.113.9'],
    ['"203.0.113.9:51234"', '203.0.113.9'],
    ['::ffff:203.0.113.9', '203.0.113.9'],
    ['::FFFF:cb00:7109', '203.0.113.9'],
    ['0:0:0:0:0:ffff:cb00:7109', '203.0.113.9'],
    ['[::ffff:203.0.113.9]:443', '203.0.113.9'],
    ['64:ff9b::cb00:7109', '203.0.113.9'],
    ['2001:DB8::5', '2001:db8::5'],
    ['2001:db8:0:0:0:0:0:5', '2001:db8::5'],
    ['[2001:db8::5]', '2001:db8::5'],
    ['[2001:db8::5]:443', '2001:db8::5'],
    ['"[2001:db8::5]:443"', '2001:db8::5'],
    ['fe80::1%eth0', 'fe80::1'],
    ['::1', '::1'],
  ])('%s is %s, whoever writes it', (text, address) => {
    expect(parseNetworkAddress(text)).toBe(address)
  })

  test.each([
    '',
    'unknown',
    '_hidden',
    'x'.repeat(300),
    '1'.repeat(300),
    'localhost',
    '0x7f.0.0.1',
    '2130706433',
    '127.1',
    '300.1.1.1',
    '1.2.3.4:999999',
    '1.2.3.4:80:80',
    '[1.2.3.4',
    '2001:db8::5]:443',
    ':::1',
    '1:2:3:4:5:6:7:8:9',
    '203.0.113.9, 1.1.1.1',
    "203.0.113.9'--",
    '203.0.113.9\u0000',
  ])('%j is none', (text) => {
    expect(parseNetworkAddress(text)).toBeNull()
  })

  test('is counted by itself, of IPv6 by its first 64 bits', () => {
    expect(addressBucket('203.0.113.9:51234')).toBe(addressBucket('::ffff:cb00:7109'))
    expect(addressBucket('2001:db8:0:1::5')).toBe('2001:db8:0:1')
    expect(addressBucket('2001:db8:0:1:ffff::9')).toBe(addressBucket('2001:db8:0:1::5'))
    expect(addressBucket('2001:db8:0:2::5')).not.toBe(addressBucket('2001:db8:0:1::5'))
    expect(new Set(['', 'unknown', 'x'.repeat(300)].map(addressBucket)).size).toBe(1)
  })
})

describe('[EDG-3] behind proxies', () => {
  const isTrusted = makeTrust(['loopback', '172.18.0.0/16', 'fd00::/8'])

  test.each([
    ['198.51.100.1', '203.0.113.9', '198.51.100.1'],
    ['172.18.0.2', undefined, '172.18.0.2'],
    ['172.18.0.2', '203.0.113.9', '203.0.113.9'],
    ['::ffff:172.18.0.2', '203.0.113.9:51234', '203.0.113.9'],
    ['fd00::2', '[2001:db8::5]:443', '2001:db8::5'],
    // What the caller wrote stands left of what the proxy added.
    ['172.18.0.2', '8.8.8.8, 203.0.113.9', '203.0.113.9'],
    ['172.18.0.2', 'unknown, 203.0.113.9', '203.0.113.9'],
    // A second proxy of ours, with its port.
    ['127.0.0.1', '8.8.8.8, 203.0.113.9, 172.18.0.7:4000', '203.0.113.9'],
    ['127.0.0.1', '172.18.0.9, 172.18.0.7', '172.18.0.9'],
    ['172.18.0.2', 'unknown', '172.18.0.2'],
    ['172.18.0.2', '', '172.18.0.2'],
    ['172.18.0.2', `203.0.113.9, ${'x'.repeat(300)}`, '172.18.0.2'],
    ['127.0.0.1', 'unknown, 172.18.0.7', '127.0.0.1'],
    [undefined, '203.0.113.9', ''],
  ])('who comes from %s with %j is %s', (peer, forwarded, client) => {
    expect(findClient(peer, forwarded, isTrusted)).toBe(client)
  })
})

describe('[EDG-4] TRUST_PROXY', () => {
  test.each([
    ['10.0.0.5', '10.0.0.5', '10.0.0.6'],
    ['10.0.0.5', '::ffff:10.0.0.5', '::ffff:10.0.0.6'],
    ['172.18.0.0/16', '172.18.255.1', '172.19.0.1'],
    ['172.18.9.9/16', '172.18.255.1', '172.19.0.1'],
    ['::ffff:172.18.0.0/112', '172.18.255.1', '172.19.0.1'],
    ['fd00::/8', 'fd12::1', 'fc12::1'],
    ['2001:db8::5', '2001:db8:0::5', '2001:db8::6'],
    ['loopback', '127.8.8.8', '128.0.0.1'],
    ['LoopBack', '::1', '::2'],
    ['linklocal', 'fe80::1%eth0', 'fec0::1'],
    ['uniquelocal', '192.168.9.9', '192.169.9.9'],
    ['10.0.0.5 , uniquelocal,::1', 'fd00::9', '2001:db8::1'],
    ['0.0.0.0/8', '0.1.1.1', '1.1.1.1'],
  ])('%s takes %s and not %s', (text, inside, outside) => {
    const proxies = parseProxies(text)
    const isTrusted = makeTrust(proxies.ok ? proxies.value : [])
    expect([isTrusted(inside), isTrusted(outside), isTrusted(undefined)]).toEqual([true, false, false])
  })

  test.each([
    ['true', /entry 1 would believe everyone/],
    ['*', /entry 1 would believe everyone/],
    ['0.0.0.0/0', /would believe everyone/],
    ['::/0', /would believe everyone/],
    ['128.0.0.0/1', /would believe everyone/],
    ['::ffff:0.0.0.0/96', /would believe everyone/],
    ['1', /entry 1 is a number/],
    ['10.0.0.5, proxy.example.org', /entry 2 is not an address/],
    ['private', /is not an address/],
    ['300.1.1.1', /entry 1 is not an address/],
    ['10.0.0', /entry 1 is not an address/],
    ['10.0.0.5:80', /is more than an address/],
    ['[fd00::5]', /is more than an address/],
    ['172.18.0.0/33', /is not a range/],
    ['172.18.0.0/255.255.0.0', /is not a range/],
    ['172.18.0.0/16/2', /is not a range/],
    ['172.18.0/16', /is not a range/],
    ['fd00::/129', /is not a range/],
    ['proxy/8', /is not a range/],
    ['10.0.0.5,', /entry 2 is empty/],
  ])('%s is refused with a sentence that says what is allowed, and does not repeat it', (text, sentence) => {
    const proxies = parseProxies(text)
    const problems = proxies.ok ? [] : proxies.refusal
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatch(sentence)
    expect(problems[0]).toMatch(/^TRUST_PROXY: .*; allowed are addresses .* uniquelocal\.$/)
    expect(problems[0]).not.toContain('example.org')
  })
})
