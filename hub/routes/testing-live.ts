import { once } from 'node:events'
import { WebSocket, type RawData } from 'ws'
import { LiveHubMessage, type LiveEnd, type LiveSpace } from '#shared/wire/live.ts'
import { makeCheck } from '#shared/wire/parse.ts'

type Typed<Type extends LiveHubMessage['type']> = Extract<LiveHubMessage, { type: Type }>

const check = makeCheck(LiveHubMessage)

/** A page's real live socket: every message is checked against its schema and kept in order. */
export class LivePage {
  readonly socket: WebSocket
  readonly heard: LiveHubMessage[] = []
  /** Whole frames, for what must not be in any. */
  readonly texts: string[] = []
  /** Status of an upgrade that was refused. */
  refusedWith: number | null = null

  constructor(host: string, headers: Record<string, string> = {}) {
    this.socket = new WebSocket(`ws://${host}/api/v1/live`, { headers })
    this.socket.on('message', (data: RawData) => {
      const text = (data as Buffer).toString()
      const checked = check(JSON.parse(text))
      if (!checked.ok) throw new Error(`no message of a hub: ${text}`)
      this.texts.push(text)
      this.heard.push(checked.value)
    })
    this.socket.on('unexpected-response', (_request, response) => {
      this.refusedWith = response.statusCode ?? 0
      this.socket.emit('close')
    })
    this.socket.on('error', () => undefined)
  }

  async opened(): Promise<this> {
    if (this.socket.readyState !== WebSocket.OPEN) await once(this.socket, 'open')
    return this
  }

  say(message: unknown): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message))
  }

  /** Takes the next message of a type, whatever came before it; waits for it. */
  async next<Type extends LiveHubMessage['type']>(type: Type): Promise<Typed<Type>> {
    for (;;) {
      const index = this.heard.findIndex((message) => message.type === type)
      if (index >= 0) return this.heard.splice(index, 1)[0] as Typed<Type>
      if (this.socket.readyState > WebSocket.OPEN)
        throw new Error(`closed before ${type}: ${JSON.stringify(this.heard)}`)
      await Promise.race([once(this.socket, 'message'), once(this.socket, 'close')])
    }
  }

  /** Waits for the end, and gives the last word. */
  async ended(): Promise<LiveEnd | null> {
    if (this.socket.readyState !== WebSocket.CLOSED) await once(this.socket, 'close')
    const last = this.heard.at(-1)
    return last?.type === 'end' ? last.why : null
  }
}

/** Spaces as a page holds them after what it heard. */
export function follow(messages: readonly LiveHubMessage[]): Map<number, LiveSpace> {
  const spaces = new Map<number, LiveSpace>()
  for (const message of messages) {
    if (message.type !== 'snapshot' && message.type !== 'changes') continue
    if (message.type === 'snapshot' && message.part === 1) spaces.clear()
    const { rows, levels, gone } = message.changes
    for (const row of rows) if (row.clock > (spaces.get(row.id)?.clock ?? -1)) spaces.set(row.id, row)
    for (const [id, clock, level, reportedAtMs] of levels) {
      const held = spaces.get(id)
      if (held !== undefined && clock > held.clock) spaces.set(id, { ...held, clock, level, reportedAtMs })
    }
    for (const [id] of gone) spaces.delete(id)
  }
  return spaces
}
