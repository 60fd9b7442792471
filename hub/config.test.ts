import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  ACCOUNT_LIMITS,
  CALL_LIMITS,
  FAILED_ENROLMENTS,
  SOCKET_LIMITS,
  type AccountLimitName,
} from '#shared/domain/conduct.ts'
import { TEST_CERTIFICATE, TEST_KEY } from './admin/testing-certificate.ts'
import { decideProduction, defaultHome, parseConfig, VARIABLE_NAMES } from './config.ts'
import { hostWithoutPort } from './platform/http/request-target.ts'

const problemsOf = (environment: Record<string, string>): string[] => {
  const parsed = parseConfig(environment)
  return parsed.ok ? [] : parsed.refusal.problems
}

describe('configuration', () => {
  test('without any variable is a hub on loopback with its own database', () => {
    const parsed = parseConfig({ HOME: '/home/ana' })
    expect(parsed.ok && parsed.value).toMatchObject({
      host: '127.0.0.1',
      port: 4710,
      metricsPort: 4719,
      databaseUrl: null,
      logLevel: 'info',
      hostNames: [],
      proxies: [],
      tls: null,
      tlsKeyFile: null,
      publicUrl: null,
      smtpUrl: null,
      mailFrom: 'Carrel <carrel@localhost>',
      secret: null,
      ldapConfig: null,
      requestLimits: { inAll: 100, perAddress: 3 },
      isDevelopmentSeeded: false,
      accountLimits: ACCOUNT_LIMITS,
      failedEnrolments: FAILED_ENROLMENTS,
      socketLimits: SOCKET_LIMITS,
      callLimits: CALL_LIMITS,
      isProduction: false,
    })
  })

  test('is read from the environment; an empty variable is none', () => {
    const parsed = parseConfig({
      CARREL_HOME: '/srv/carrel/',
      CARREL_HOST: '0.0.0.0',
      CARREL_PORT: '0',
      CARREL_METRICS_PORT: '',
      DATABASE_URL: 'postgres://u:p@db/carrel',
      CARREL_LOG: 'debug',
      CARREL_HOSTS: 'Carrel.example.org:443 , 10.0.0.4',
      TRUST_PROXY: '10.0.0.5, 172.18.0.0/16,FD00::/8,loopback',
      PUBLIC_URL: 'https://People.Example.org/',
      SMTP_URL: 'smtps://carrel:hunter2@mail.example.org',
      MAIL_FROM: 'The Library <library@example.org>',
      CARREL_SECRET: 'kTz0pQ4wq8m2vYb7sN1xRj6uLh3cFd9e',
      LDAP_CONFIG: '/etc/carrel/ldap.json',
      CARREL_MOST_REQUESTS: '7',
      CARREL_MOST_REQUESTS_PER_ADDRESS: '1',
      NODE_ENV: 'production',
    })
    expect(parsed).toEqual({
      ok: true,
      value: {
        home: '/srv/carrel',
        host: '0.0.0.0',
        port: 0,
        metricsPort: 4719,
        databaseUrl: 'postgres://u:p@db/carrel',
        logLevel: 'debug',
        hostNames: ['carrel.example.org', '10.0.0.4', 'people.example.org'],
        proxies: ['10.0.0.5', '172.18.0.0/16', 'fd00::/8', 'loopback'],
        tls: null,
        tlsKeyFile: null,
        publicUrl: 'https://people.example.org',
        smtpUrl: 'smtps://carrel:hunter2@mail.example.org',
        mailFrom: 'The Library <library@example.org>',
        secret: 'kTz0pQ4wq8m2vYb7sN1xRj6uLh3cFd9e',
        ldapConfig: '/etc/carrel/ldap.json',
        requestLimits: { inAll: 7, perAddress: 1 },
        isDevelopmentSeeded: false,
        accountLimits: ACCOUNT_LIMITS,
        failedEnrolments: FAILED_ENROLMENTS,
        socketLimits: SOCKET_LIMITS,
        callLimits: CALL_LIMITS,
        isProduction: true,
      },
    })
  })

  test.each([
    [{ CARREL_PORT: 'http' }, /^CARREL_PORT must be a port number/],
    [{ CARREL_HOME: '/proc/x' }, /^CARREL_HOME must name a folder on a disk/],
    [{ CARREL_HOME: '//sys' }, /^CARREL_HOME must name a folder on a disk/],
    [{ CARREL_PORT: '70000' }, /^CARREL_PORT must be at most 65535/],
    [{ CARREL_METRICS_PORT: '-1' }, /^CARREL_METRICS_PORT must be a port number/],
    [{ CARREL_PORT: '5000', CARREL_METRICS_PORT: '5000' }, /must differ/],
    [{ DATABASE_URL: 'mysql://root:hunter2@db' }, /^DATABASE_URL must look like postgresql:/],
    [{ CARREL_LOG: 'loud' }, /^CARREL_LOG must be one of trace, debug/],
    [{ CARREL_HOSTS: 'a b' }, /^CARREL_HOSTS must be host names/],
    [{ TRUST_PROXY: 'proxy.hunter2.example' }, /^TRUST_PROXY: entry 1 is not an address/],
    [{ TRUST_PROXY: '10.0.0.5,300.1.1.1' }, /^TRUST_PROXY: entry 2 is not an address/],
    [{ TRUST_PROXY: 'true' }, /^TRUST_PROXY: entry 1 would believe everyone/],
    [{ CARREL_HOST: 'http://x' }, /^CARREL_HOST must be an address/],
    [{ PUBLIC_URL: 'https://x.org/app' }, /^PUBLIC_URL must be where people find/],
    [{ PUBLIC_URL: 'ftp://x.org' }, /^PUBLIC_URL must be where people find/],
    [{ SMTP_URL: 'http://root:hunter2@mail' }, /^SMTP_URL must look like smtps:/],
    [{ MAIL_FROM: 'nobody' }, /^MAIL_FROM must be an address/],
    [{ MAIL_FROM: 'a <a@b.org>\r\nBcc: c@d.org' }, /^MAIL_FROM must be an address/],
    [{ CARREL_SECRET: 'hunter2' }, /^CARREL_SECRET must have at least 32 characters/],
    [{ CARREL_MOST_SIGN_INS_PER_ADDRESS: '0' }, /^CARREL_MOST_SIGN_INS_PER_ADDRESS must be a number from 1/],
    [{ CARREL_MOST_ACTS_PER_PERSON: 'many' }, /^CARREL_MOST_ACTS_PER_PERSON must be a number from 1/],
    [{ CARREL_TLS_CERT: '/x.pem' }, /must be set together/],
    [
      { CARREL_TLS_CERT: '/x.pem', CARREL_TLS_KEY: '/y.pem' },
      /There is no file \/x\.pem\. Check CARREL_TLS_CERT/,
    ],
  ])('%j is refused with a sentence', (environment, sentence) => {
    const problems = problemsOf(environment)
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatch(sentence)
    expect(problems.join('')).not.toContain('hunter2')
  })

  test('[EDG-6] [EDG-14] [EDG-22] [EDG-23] each limit is a setting of its own, and leaves the windows of time and the others alone', () => {
    const counts = new Map(
      VARIABLE_NAMES.filter((name) => /^CARREL_MOST_(?!REQUESTS)/.test(name)).map((name, index) => [
        name,
        String(index + 1),
      ]),
    )
    expect(counts.size).toBe(14)
    const parsed = parseConfig(Object.fromEntries(counts))
    if (!parsed.ok) throw new Error('refused')
    const { accountLimits: limits, failedEnrolments, socketLimits, callLimits } = parsed.value
    const { signIn, wrongPassword, register, password, resend, forgotten, link, act } = limits
    expect(
      [signIn, wrongPassword, register, password, resend, forgotten, link, act].map(
        ({ perAddress }) => perAddress.count,
      ),
    ).toEqual([1, 2, 3, 4, 5, 5, 6, 9])
    expect([failedEnrolments.count, act.perAccount.count]).toEqual([7, 8])
    expect(socketLimits).toEqual({ newKiosks: 10, newPages: 11, pages: 12 })
    expect(callLimits).toEqual({
      ...CALL_LIMITS,
      perAddress: { ...CALL_LIMITS.perAddress, running: 13 },
      waitMs: 14_000,
    })
    for (const door of Object.keys(ACCOUNT_LIMITS) as AccountLimitName[]) {
      expect(limits[door].perAddress.windowMs).toBe(ACCOUNT_LIMITS[door].perAddress.windowMs)
      if (door !== 'act') expect(limits[door].perAccount).toEqual(ACCOUNT_LIMITS[door].perAccount)
    }
  })

  test('names every fault at once', () => {
    expect(problemsOf({ CARREL_PORT: 'x', CARREL_LOG: 'y', DATABASE_URL: 'z' })).toHaveLength(3)
  })

  test('reads certificate and key, and refuses what is none', () => {
    const folder = mkdtempSync(join(tmpdir(), 'carrel-tls-'))
    const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
    const files = { CARREL_TLS_CERT: cert, CARREL_TLS_KEY: key }
    writeFileSync(cert, TEST_CERTIFICATE)
    writeFileSync(key, TEST_KEY)
    const parsed = parseConfig(files)
    expect(parsed.ok && parsed.value.tls).toEqual({ cert: TEST_CERTIFICATE, key: TEST_KEY })
    writeFileSync(key, 'no key')
    expect(problemsOf(files)).toEqual([
      expect.stringMatching(/must hold a certificate and the key that belongs to it/),
    ])
    rmSync(folder, { recursive: true })
  })

  test('[IDN-13] production needs its address, its mail and a secret of its own', () => {
    const whole = {
      NODE_ENV: 'production',
      PUBLIC_URL: 'https://carrel.example.org',
      SMTP_URL: 'smtps://mail.example.org',
      MAIL_FROM: 'carrel@example.org',
      CARREL_SECRET: 'kTz0pQ4wq8m2vYb7sN1xRj6uLh3cFd9e',
    }
    const lackOf = (changes: Record<string, string>): string[] => {
      const parsed = parseConfig({ ...whole, ...changes })
      return parsed.ok ? decideProduction(parsed.value) : parsed.refusal.problems
    }
    expect(lackOf({})).toEqual([])
    expect(lackOf({ NODE_ENV: '', PUBLIC_URL: '', SMTP_URL: '', MAIL_FROM: '', CARREL_SECRET: '' })).toEqual(
      [],
    )
    expect(lackOf({ PUBLIC_URL: '', SMTP_URL: '', MAIL_FROM: '', CARREL_SECRET: '' })).toHaveLength(4)
    expect(lackOf({ PUBLIC_URL: 'http://carrel.example.org' })).toEqual([expect.stringMatching(/https/)])
    expect(lackOf({ PUBLIC_URL: 'http://127.0.0.1:4710' })).toEqual([])
    for (const secret of [
      'change-me-change-me-change-me-change-me',
      'a'.repeat(40),
      'example-secret-of-32-characters-xyz',
    ])
      expect(lackOf({ CARREL_SECRET: secret })).toEqual([expect.stringMatching(/looks like an example/)])
  })

  test('has a home that the database’s user can reach', () => {
    expect(defaultHome({ HOME: '/root' }, true)).toBe('/var/lib/carrel')
    expect(defaultHome({ HOME: '/home/ana' }, false)).toBe('/home/ana/.local/share/carrel')
    expect(defaultHome({ HOME: '/home/ana', XDG_DATA_HOME: '/data' }, false)).toBe('/data/carrel')
  })
})

test.each([
  ['localhost', 'localhost'],
  ['LocalHost:4710', 'localhost'],
  ['[::1]:4710', '::1'],
  ['[::1]', '::1'],
  ['::1', '::1'],
  ['10.0.0.1:80', '10.0.0.1'],
])('the host of %s is %s', (text, host) => {
  expect(hostWithoutPort(text)).toBe(host)
})
