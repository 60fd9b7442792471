import { once } from 'node:events'
import { mkdtempSync, mkdirSync, writeFileSync } from 'node:fs'
import { request, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { WebSocket } from 'ws'
import { accept, type Decision } from '#shared/domain/decision.ts'
import type { CallRefusal, EngineApi, SliceName, Slices } from '#shared/wire/bridge.ts'
import { startAgent, type Agent, type AgentOptions } from '../agent.ts'

/** The token of agents in tests. */
export const TOKEN = 'a-token-known-to-the-test'

type Listen = Parameters<EngineApi['subscribe']>[0]

/** An engine API that echoes calls, and publishes what a test gives it. */
export class EchoEngine implements EngineApi {
  readonly listeners = new Set<Listen>()
  readonly calls: { name: string; input: unknown }[] = []
  newest: Partial<Slices> = { kiosk: { state: 'starting' } }

  call(name: string, input: unknown): Promise<Decision<unknown, CallRefusal>> {
    this.calls.push({ name, input })
    if (name === 'fail') throw new Error('a fault of the engine')
    return Promise.resolve(accept({ name, input }))
  }

  subscribe(listen: Listen): () => void {
    for (const [name, value] of Object.entries(this.newest)) listen(name as SliceName, value as never)
    this.listeners.add(listen)
    return () => this.listeners.delete(listen)
  }

  publish<Name extends SliceName>(name: Name, value: Slices[Name]): void {
    this.newest[name] = value
    for (const listen of this.listeners) listen(name, value)
  }
}

/** A folder of screens with a page, a hashed script, and a secret file beside the folder. */
export function makeScreenFolder(): string {
  const root = mkdtempSync(join(tmpdir(), 'carrel-agent-'))
  const folder = join(root, 'renderer')
  mkdirSync(join(folder, 'assets'), { recursive: true })
  writeFileSync(join(root, 'secret.txt'), 'secret')
  writeFileSync(join(folder, 'kiosk.html'), '<!doctype html><title>kiosk</title>')
  writeFileSync(join(folder, 'assets', 'kiosk-a1B2c3D4.js'), 'export {}')
  return folder
}

/** Starts an agent on a free port. */
export async function startTestAgent(
  options: Partial<AgentOptions> = {},
): Promise<{ agent: Agent; echo: EchoEngine; warnings: string[] }> {
  const echo = new EchoEngine()
  const warnings: string[] = []
  const log = { info: () => undefined, warn: (code: string) => void warnings.push(code) }
  const agent = await startAgent({
    engine: echo,
    port: 0,
    screenFolder: makeScreenFolder(),
    token: TOKEN,
    log,
    ...options,
  })
  return { agent, echo, warnings }
}

/** Answer of a plain HTTP request with headers of the test's choice. */
export async function ask(
  port: number,
  path: string,
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<{ status: number; headers: IncomingMessage['headers']; body: string }> {
  const asked = request({ host: '127.0.0.1', port, path, method, headers, agent: false })
  asked.end()
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  let body = ''
  for await (const part of answer) body += String(part)
  return { status: answer.statusCode ?? 0, headers: answer.headers, body }
}

/** A screen's end of the bridge: what it received, and how its socket ended. */
export class TestScreen {
  readonly received: { id?: number; output?: unknown; slice?: SliceName; value?: unknown }[] = []
  readonly socket: WebSocket
  readonly ended: Promise<number>
  private waiting: { fits: (message: TestScreen['received'][number]) => boolean; resolve: () => void }[] = []

  constructor(port: number, headers: Record<string, string> = {}, path = '/bridge') {
    this.socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, {
      perMessageDeflate: false,
      headers: { origin: `http://127.0.0.1:${port}`, ...headers },
    })
    this.socket.on('error', () => undefined)
    this.ended = new Promise((resolve) => this.socket.on('close', resolve))
    this.socket.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString()) as TestScreen['received'][number]
      this.received.push(message)
      const done = this.waiting.filter((one) => one.fits(message))
      this.waiting = this.waiting.filter((one) => !done.includes(one))
      for (const one of done) one.resolve()
    })
  }

  /** Waits for the socket, then shows a token. */
  async show(token: string = TOKEN): Promise<this> {
    await once(this.socket, 'open')
    this.socket.send(JSON.stringify({ token }))
    return this
  }

  /** Resolves once a message that fits was received. */
  hear(fits: (message: TestScreen['received'][number]) => boolean): Promise<void> {
    return new Promise((resolve) => {
      if (this.received.some(fits)) resolve()
      else this.waiting.push({ fits, resolve })
    })
  }

  /** Makes a call and gives its answer. */
  async call(id: number, name: string, input: unknown): Promise<unknown> {
    this.socket.send(JSON.stringify({ id, name, input }))
    await this.hear((message) => message.id === id)
    return this.received.find((message) => message.id === id)?.output
  }
}
