import { Writable } from 'node:stream'
import { expect, test } from 'vitest'
import { makeHubLog, makeLogger, type HubLog } from './log.ts'

function record(): { log: HubLog; lines(): Record<string, unknown>[]; text(): string } {
  const chunks: string[] = []
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      chunks.push(chunk.toString())
      done()
    },
  })
  const text = (): string => chunks.join('')
  const lines = (): Record<string, unknown>[] =>
    text()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
  return { log: makeHubLog(makeLogger('debug', stream)), lines, text }
}

test('a line is a code, a sentence and facts', () => {
  const { log, lines } = record()
  log.warn('job-failed', 'A job failed.', { kioskId: 7, waits: [1, 2] })
  expect(lines()).toEqual([
    {
      level: 'warn',
      time: expect.stringMatching(/^\d{4}-.*Z$/),
      code: 'job-failed',
      msg: 'A job failed.',
      kioskId: 7,
      waits: [1, 2],
    },
  ])
})

test.each([
  'code',
  'token',
  'accessToken',
  'refresh_token',
  'key',
  'apiKey',
  'privateKey',
  'publicKey',
  'password',
  'secret',
  'authorization',
  'Authorization',
  'cookie',
  'set-cookie',
  'proof',
  'ticket',
  'nonce',
  'mac',
  'pin',
  'codeHash',
  'enrolmentCode',
])('a fact named %s is never written, however deep', (name) => {
  const { log, text } = record()
  log.info('job-failed', 'x', {
    [name]: 'secret-value-1',
    a: { [name]: 'secret-value-2', list: [{ deep: { [name]: 'secret-value-3' } }] },
  })
  log.info('job-failed', 'y', { headers: { [name]: ['secret-value-4'] } })
  expect(text()).not.toContain('secret-value')
  expect(text()).toContain('[redacted]')
})

test('words that only look like secrets are written', () => {
  const { log, lines } = record()
  log.info('job-failed', 'x', { errorCode: '23505', keyGrade: 'file', mismatchCount: 1, space: 'Pine room' })
  expect(lines()[0]).toMatchObject({
    errorCode: '23505',
    keyGrade: 'file',
    mismatchCount: 1,
    space: 'Pine room',
  })
})

test('the password of an address is never written, nor in an error', () => {
  const { log, text, lines } = record()
  const url = 'postgresql://carrel:secret-value@db/carrel'
  const error = Object.assign(new Error(`cannot reach ${url}`), { code: 'X', parameters: ['secret-value'] })
  log.error('job-failed', 'database', { url, err: error, nested: { error } })
  expect(text()).not.toContain('secret-value')
  expect(lines()[0]).toMatchObject({
    err: { errorCode: 'X', message: 'cannot reach postgresql://carrel:[redacted]@db/carrel' },
  })
})

test('a circle of facts ends', () => {
  const { log, text } = record()
  const circle: Record<string, unknown> = {}
  circle['self'] = circle
  log.info('job-failed', 'x', circle)
  expect(text()).toContain('[redacted]')
})
