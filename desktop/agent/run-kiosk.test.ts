import { once } from 'node:events'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterEach, expect, test } from 'vitest'
import { makeDeviceClock } from '../engine/clock/device-clock.ts'
import type { EngineClock } from '../engine/core/ports.ts'
import { runKiosk } from './run-kiosk.ts'
import { ask, makeScreenFolder, TestScreen } from './testing/test-agent.ts'

const ends: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

/** Runs a kiosk with the real engine in this process. */
function run(args: string[], env: Record<string, string> = {}, clock: EngineClock = makeDeviceClock()) {
  const said: string[] = []
  const texts: string[] = []
  const warned: unknown[] = []
  const stop = Promise.withResolvers<void>()
  const input = new PassThrough()
  const printed = Promise.withResolvers<string>()
  const code = runKiosk({
    args,
    env,
    appVersion: '0.0.0',
    screenFolder: makeScreenFolder(),
    clock,
    languages: ['en', 'sl'],
    log: { info: () => undefined, warn: (...line) => warned.push(line) },
    input,
    print: (text) => {
      texts.push(text)
      printed.resolve(text)
    },
    say: (sentence) => said.push(sentence),
    ended: stop.promise,
  })
  const end = (): Promise<number> => {
    stop.resolve()
    return code
  }
  ends.push(end)
  return { said, texts, warned, code, end, input, printed: printed.promise }
}

/** A hub that answers every code with a status, 403 to refuse it, and tells which ones it saw. */
async function startRefusingHub(status = 403): Promise<{ url: string; codes: string[]; server: Server }> {
  const codes: string[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (part: Buffer) => (body += part.toString()))
    request.on('end', () => {
      codes.push((JSON.parse(body) as { code: string }).code)
      response.writeHead(status).end('{}')
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  ends.push(() => new Promise((resolve) => server.close(resolve)))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, codes, server }
}

function addressOf(line: string): { port: number; token: string } {
  const found = /^kiosk http:\/\/127\.0\.0\.1:(\d+)\/kiosk\.html#token=([\w-]{43})\n$/.exec(line)
  return { port: Number(found?.[1]), token: found?.[2] ?? '' }
}

function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'carrel-run-'))
}

test('[BRG-3] a kiosk prints its address, serves its screens there, knows them again after a restart, and ends cleanly', async () => {
  const args = ['--name', 'Door', '--hub', 'http://127.0.0.1:1', '--folder', newFolder(), '--port', '0']
  const first = run(args)
  const { port, token } = addressOf(await first.printed)
  expect((await ask(port, '/kiosk.html')).status).toBe(200)
  const screen = await new TestScreen(port).show(token)
  await screen.hear((message) => message.slice === 'spaces')
  expect(screen.received[0]).toMatchObject({ slice: 'kiosk', value: { state: 'notEnrolled', name: 'Door' } })
  expect(await screen.call(1, 'reportOccupancy', { spaceId: 1, level: 9 })).toEqual({
    ok: false,
    refusal: { why: 'malformed' },
  })
  expect(await first.end()).toBe(0)
  expect(await screen.ended).toBe(1001)
  const second = run(args)
  expect(addressOf(await second.printed).token).toBe(token)
})

test('[SYN-20] codes come from the command line, the environment and standard input; a refused one is said, not repeated', async () => {
  const hub = await startRefusingHub()
  const args = ['--name', 'Door', '--hub', hub.url, '--port', '0']
  const kiosk = run([...args, '--folder', newFolder(), '--code', 'FROM-LINE'], {
    CARREL_ENROL_CODE: 'NOT-THIS',
  })
  await expect.poll(() => kiosk.said).toHaveLength(1)
  kiosk.input.write('\n FROM-INPUT \n')
  await expect.poll(() => kiosk.said).toHaveLength(2)
  expect(kiosk.said[0]).toMatch(/^This enrolment code is wrong/)
  const other = run([...args, '--folder', newFolder()], { CARREL_ENROL_CODE: 'FROM-ENV' })
  await expect.poll(() => other.said).toHaveLength(1)
  expect(hub.codes).toEqual(['FROM-LINE', 'FROM-INPUT', 'FROM-ENV'])
})

test('[SYN-28] --export writes what the outbox holds, and starts nothing; a folder without one is said', async () => {
  const folder = newFolder()
  const args = ['--name', 'Door', '--hub', 'http://127.0.0.1:1', '--folder', folder, '--port', '0']
  const running = run(args)
  await running.printed
  const exported = run(['--folder', folder, '--export'])
  expect(JSON.parse(await exported.printed)).toEqual({
    unreadable: [],
    outboxes: [{ file: 'outbox.db', kioskId: null, universityId: null, wasRevoked: false, mutations: [] }],
  })
  expect(await exported.code).toBe(0)
  const nothing = run(['--folder', join(folder, 'none'), '--export'])
  expect(await nothing.code).toBe(1)
  expect(nothing.said[0]).toContain('No kiosk found in')
  await running.end()
})

test('[KSK-31] a hub that is away is tried again, and said so', async () => {
  const args = ['--name', 'Door', '--hub', 'http://127.0.0.1:1', '--folder', newFolder(), '--port', '0']
  const kiosk = run([...args, '--code', 'X'])
  await expect.poll(() => kiosk.said, { timeout: 30_000 }).toHaveLength(2)
  expect(kiosk.said[1]).toBe('Cannot reach the hub. Enrolment will be retried.')
})

test('[KSK-31] a code that is typed while an earlier one is retried takes its place', async () => {
  const hub = await startRefusingHub(500)
  const args = ['--name', 'Door', '--hub', hub.url, '--folder', newFolder(), '--port', '0']
  const kiosk = run([...args, '--code', 'FIRST'])
  await expect.poll(() => hub.codes).toEqual(['FIRST'])
  kiosk.input.write('SECOND\n')
  await expect.poll(() => hub.codes.filter((code) => code === 'SECOND')).toHaveLength(2)
  expect(hub.codes.slice(hub.codes.indexOf('SECOND'))).not.toContain('FIRST')
})

test('[KSK-33] a broken configuration is served to the screen in plain language', async () => {
  const file = join(newFolder(), 'kiosk.json')
  writeFileSync(file, '{"name": "Door"')
  const kiosk = run(['--config', file, '--port', '0'])
  const { port, token } = addressOf(await kiosk.printed)
  const screen = await new TestScreen(port).show(token)
  await screen.hear((message) => message.slice === 'kiosk')
  expect(screen.received[0]).toMatchObject({ value: { state: 'configError', file, problems: [{ at: '' }] } })
})

test('[LNG-4] a configured language that no screen speaks is said at the start, with those that there are', async () => {
  for (const [language, lines] of [
    ['de', [['language-unknown', expect.any(String), { at: 'screen.language', suggestion: 'en, sl' }]]],
    ['sl-SI', []],
  ] as const) {
    const file = join(newFolder(), 'kiosk.json')
    writeFileSync(
      file,
      JSON.stringify({ name: 'Door', hub: { url: 'http://127.0.0.1:1' }, screen: { language } }),
    )
    const kiosk = run(['--config', file, '--port', '0', '--folder', newFolder()])
    await kiosk.printed
    const said = kiosk.warned.filter((line) => Array.isArray(line) && line[0] === 'language-unknown')
    expect(said, language).toEqual(lines)
  }
})

test('[KSK-34] a port that is taken is one sentence and exit code 1; a wrong command line is exit code 2; help is 0', async () => {
  const args = ['--name', 'Door', '--hub', 'http://127.0.0.1:1', '--folder', newFolder(), '--port', '0']
  const { port } = addressOf(await run(args).printed)
  const second = run([...args.slice(0, 4), '--folder', newFolder(), '--port', String(port)])
  expect(await second.code).toBe(1)
  expect(second.said).toEqual([`Port ${port} is in use by another program. Choose another one with --port.`])
  expect(await run(['--nmae', 'x']).code).toBe(2)
  expect(await run(['--name', 'x', '--hub', 'http://hub.example']).code).toBe(2)
  const help = run(['--help'])
  expect(await help.code).toBe(0)
  expect(help.texts[0]).toContain('CARREL_ENROL_CODE')
})

test('[KSK-1] [KSK-3] a kiosk whose folder cannot be opened says so on its screen, and ends with exit code 70', async () => {
  const folder = newFolder()
  const args = ['--name', 'Door', '--hub', 'http://127.0.0.1:1', '--folder', folder, '--port', '0']
  const holder = run(args)
  await holder.printed
  // Fifty times as fast: a screen has half a minute to be read.
  const clock = makeDeviceClock()
  const fast = { ...clock, after: (ms: number, then: () => void) => clock.after(ms / 50, then) }
  const second = run(args, {}, fast)
  const { port, token } = addressOf(await second.printed)
  const screen = await new TestScreen(port).show(token)
  await screen.hear((message) => message.slice === 'kiosk')
  expect(screen.received[0]).toMatchObject({ value: { state: 'storeError', advice: 'locked' } })
  expect(await second.code).toBe(70)
  expect(second.said[0]).toMatch(/^This kiosk's folder cannot be opened. Nothing in it was changed/)
  expect(await screen.ended).toBe(1001)
  expect(await holder.end()).toBe(0)
})
