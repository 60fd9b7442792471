import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { TEST_CERTIFICATE, TEST_KEY } from './admin/testing-certificate.ts'
import { defaultHome, parseConfig, withoutPort } from './config.ts'

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
      CARREL_PROXIES: '10.0.0.5,fd00::5',
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
        hostNames: ['carrel.example.org', '10.0.0.4'],
        proxies: ['10.0.0.5', 'fd00::5'],
        tls: null,
        isProduction: true,
      },
    })
  })

  test.each([
    [{ CARREL_PORT: 'http' }, /^CARREL_PORT must be a port number/],
    [{ CARREL_PORT: '70000' }, /^CARREL_PORT must be at most 65535/],
    [{ CARREL_METRICS_PORT: '-1' }, /^CARREL_METRICS_PORT must be a port number/],
    [{ CARREL_PORT: '5000', CARREL_METRICS_PORT: '5000' }, /must differ/],
    [{ DATABASE_URL: 'mysql://root:hunter2@db' }, /^DATABASE_URL must look like postgresql:/],
    [{ CARREL_LOG: 'loud' }, /^CARREL_LOG must be one of trace, debug/],
    [{ CARREL_HOSTS: 'a b' }, /^CARREL_HOSTS must be host names/],
    [{ CARREL_HOST: 'http://x' }, /^CARREL_HOST must be an address/],
    [{ CARREL_TLS_CERT: '/x.pem' }, /must be set together/],
    [{ CARREL_TLS_CERT: '/x.pem', CARREL_TLS_KEY: '/y.pem' }, /The TLS file \/x\.pem does not exist/],
  ])('%j is refused with a sentence', (environment, sentence) => {
    const problems = problemsOf(environment)
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatch(sentence)
    expect(problems.join('')).not.toContain('hunter2')
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
  expect(withoutPort(text)).toBe(host)
})
