import { createHmac, createPrivateKey, createSecretKey, sign, type KeyObject } from 'node:crypto'
import { WebSocket } from 'ws'
import { helloStatement, type Hello, type Resume, type Welcome } from '#shared/wire/messages.ts'
import { PROTOCOL } from '#shared/wire/version.ts'
import type { SocketEvents, ClientSocket } from './minimal-websocket.ts'

/** A kiosk that makes load: who it is, where it reports, and what it remembers from connection to connection. */
export interface LoadKiosk {
  id: number
  /** PKCS #8 DER of its Ed25519 key, base64. */
  privateKey: string
  /** Leaves that it reports on, in turn. */
  spaceIds: number[]
  nextId: number
  /** Last number that the hub settled. */
  ackedId: number
  ticket: string | null
  /** What its newest welcome gave for the next hello, as the engine keeps it in memory. */
  resume: Resume | null
  epoch: string | null
  cursor: number
}

/** What happens on a connection. */
export interface ConnectionEvents {
  acked(connection: KioskConnection, lastMutationId: number): void
  changes(connection: KioskConnection, frame: Buffer): void
}

/** Opens a websocket. */
export type Dial = (url: string, events: SocketEvents) => ClientSocket

/** As the engine dials: for storms, where dialling itself is measured, bare and at the hub. */
export function dialWithWs(url: string, events: SocketEvents): ClientSocket {
  const socket = new WebSocket(url.replace(/^http/, 'ws'), { perMessageDeflate: false })
  socket.on('open', () => events.opened())
  socket.on('message', (data: Buffer) => events.frame(data))
  socket.on('error', () => socket.terminate())
  socket.on('close', () => events.closed())
  return { send: (text) => socket.send(text), terminate: () => socket.terminate() }
}

const KEYS = new WeakMap<LoadKiosk, KeyObject>()

/**
 * The connection of a kiosk without its disk: it sends the same messages as the real engine, so that a thousand of them fit
 * into one process and the hub, not the load, is measured.
 */
export class KioskConnection {
  readonly kiosk: LoadKiosk
  readonly socket: ClientSocket
  /** Resolves when the websocket is open, and when it is closed again. */
  readonly opened: Promise<void>
  readonly closed: Promise<void>
  private readonly live: Promise<void>

  constructor(url: string, kiosk: LoadKiosk, events: ConnectionEvents, dial: Dial) {
    this.kiosk = kiosk
    const host = new URL(url).host
    const opened = Promise.withResolvers<void>()
    const closed = Promise.withResolvers<void>()
    const live = Promise.withResolvers<void>()
    this.opened = opened.promise
    this.closed = closed.promise
    this.live = live.promise
    this.socket = dial(`${url}/api/v1/sync`, {
      opened: () => opened.resolve(),
      frame: (beginning) => this.receive(beginning, host, events, live.resolve, live.reject),
      closed: () => {
        opened.resolve()
        closed.resolve()
        live.reject(new Error(`kiosk ${kiosk.id}: the connection closed`))
      },
    })
  }

  /** Resolves when the kiosk holds everything up to the head of its welcome. */
  ready(): Promise<void> {
    return this.live
  }

  private receive(
    data: Buffer,
    host: string,
    events: ConnectionEvents,
    resolve: () => void,
    reject: (why: Error) => void,
  ): void {
    // The type comes first in every message of the hub; looking at a few bytes saves parsing what nobody needs here.
    const type = /^\{"type":"(\w+)"/.exec(data.toString('latin1', 0, 32))?.[1]
    switch (type) {
      case 'ack':
        this.kiosk.ackedId = Number(/"lastMutationId":(\d+)/.exec(data.toString('latin1', 0, 128))?.[1])
        events.acked(this, this.kiosk.ackedId)
        break
      case 'changes':
        if (isLastPart(data)) resolve()
        events.changes(this, data)
        break
      case 'snapshot':
        if (isLastPart(data)) resolve()
        break
      case 'challenge':
        this.sendHello(host, (JSON.parse(data.toString()) as { nonce: string }).nonce)
        break
      case 'welcome':
        this.welcomed(JSON.parse(data.toString()) as Welcome, resolve)
        break
      case 'err':
        reject(new Error(`kiosk ${this.kiosk.id}: ${data.toString()}`))
        break
      default:
        break
    }
  }

  private sendHello(host: string, nonce: string): void {
    const { resume } = this.kiosk
    const hello: Omit<Hello, 'proof'> = {
      type: 'hello',
      protocol: PROTOCOL,
      kioskId: this.kiosk.id,
      ticket: this.kiosk.ticket,
      boot: 'bench',
      epoch: this.kiosk.epoch,
      cursor: this.kiosk.cursor,
      nextMutationId: this.kiosk.nextId,
      oldestRetained: this.kiosk.ackedId + 1,
      ackedTo: this.kiosk.ackedId,
      sealed: null,
      appVersion: 'bench',
      keyGrade: 'file',
      // What is measured is reports up and levels down; no rows of collections.
      capabilities: ['kind/report@1'],
      holds: { spaceId: null, collections: [] },
      ...(resume !== null && { resumeUntilMs: resume.untilMs }),
    }
    const statement = Buffer.from(helloStatement(host, nonce, hello))
    const proof = (
      resume === null
        ? sign(null, statement, privateKey(this.kiosk))
        : createHmac('sha256', createSecretKey(resume.key, 'base64url')).update(statement).digest()
    ).toString('base64url')
    // Should the hub challenge again, the next hello is signed.
    this.kiosk.resume = null
    this.socket.send(JSON.stringify({ ...hello, proof }))
  }

  private welcomed(welcome: Welcome, resolve: () => void): void {
    const { kiosk } = this
    if (kiosk.epoch === welcome.epoch && kiosk.cursor === welcome.head) resolve()
    kiosk.ackedId = welcome.lastMutationId
    kiosk.nextId = Math.max(kiosk.nextId, welcome.lastMutationId + 1)
    kiosk.ticket = welcome.ticket
    kiosk.resume = welcome.resume ?? null
    kiosk.epoch = welcome.epoch
    kiosk.cursor = welcome.head
    const applied = {
      type: 'applied',
      cursor: welcome.head,
      ticket: welcome.ticket,
      waitingCount: 0,
      wallMs: Date.now(),
    }
    this.socket.send(JSON.stringify(applied))
  }
}

function isLastPart(data: Buffer): boolean {
  const [, part, parts] = /"part":(\d+),"parts":(\d+)/.exec(data.toString('latin1', 0, 256)) ?? []
  return part === parts
}

function privateKey(kiosk: LoadKiosk): KeyObject {
  let key = KEYS.get(kiosk)
  if (key === undefined) {
    key = createPrivateKey({ key: Buffer.from(kiosk.privateKey, 'base64'), format: 'der', type: 'pkcs8' })
    KEYS.set(kiosk, key)
  }
  return key
}

/** A hash of the right form; the hub compares it only with what the same number came with before. */
const HASH = 'AAAAAAAAAAAAAAAAAAAAAA'

/** A push of a kiosk's reports on its leaves in turn, from one number to another. */
export function pushText(kiosk: LoadKiosk, from: number, to: number): string {
  const { spaceIds } = kiosk
  const texts: string[] = []
  for (let id = from; id <= to; id += 1) {
    const spaceId = spaceIds[id % spaceIds.length] ?? 0
    const level = (id + Math.floor(id / spaceIds.length)) % 3
    texts.push(
      `{"id":${id},"hash":"${HASH}","kind":"report","body":{"spaceId":${spaceId},"level":${level}},"ageMs":0,"contactMs":0}`,
    )
  }
  return `{"type":"push","mutations":[${texts.join(',')}]}`
}
