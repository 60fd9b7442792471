import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { BerReader } from 'ldapts'

const BIND = 0x60
const PAGED = '1.2.840.113556.1.4.319'

/** A search as the double was asked it. */
export interface AskedSearch {
  id: number
  base: string
  /** The whole message, in which a filter or a cookie can be looked for. */
  bytes: Buffer
}

/** Something in a directory's place. */
export interface LdapDouble {
  port: number
  /** Searches of all connections, in order. */
  asked: AskedSearch[]
  stop(): Promise<void>
}

/**
 * Says what no slapd says: ranges of values, pages that are empty, answers without end. Every sign-in is accepted; `answer`
 * gives the bytes of the answer to a search, or writes them itself. Everything else is tested on a real directory.
 */
export async function startLdapDouble(
  answer: (search: AskedSearch, socket: Socket) => Buffer | null,
): Promise<LdapDouble> {
  const asked: AskedSearch[] = []
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => undefined)
    socket.on('data', (bytes) => {
      const reader = new BerReader(bytes)
      reader.readSequence()
      const id = reader.readInt() ?? 0
      if (reader.readSequence() === BIND) {
        socket.write(message(id, tlv(0x61, RESULT_OK)))
        return
      }
      const search = { id, base: reader.readString() ?? '', bytes }
      asked.push(search)
      const said = answer(search, socket)
      if (said !== null) socket.write(said)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const stop = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy()
    server.close()
    await once(server, 'close')
  }
  return { port: (server.address() as AddressInfo).port, asked, stop }
}

function tlv(tag: number, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts)
  const { length } = body
  const head = length < 128 ? [tag, length] : [tag, 0x83, length >> 16, (length >> 8) & 255, length & 255]
  return Buffer.concat([Buffer.from(head), body])
}

const text = (value: string): Buffer => tlv(4, Buffer.from(value))
const whole = (value: number): Buffer => tlv(2, Buffer.from([value]))
const RESULT_OK = Buffer.concat([tlv(10, Buffer.from([0])), text(''), text('')])

function message(id: number, ...parts: Buffer[]): Buffer {
  return tlv(0x30, whole(id), ...parts)
}

/** An entry that was found. */
export function entryMessage(id: number, dn: string, attributes: Record<string, string[]>): Buffer {
  const all = Object.entries(attributes).map(([name, values]) =>
    tlv(0x30, text(name), tlv(0x31, ...values.map(text))),
  )
  return message(id, tlv(0x64, text(dn), tlv(0x30, ...all)))
}

/** A server on which the answer goes on. */
export function referenceMessage(id: number, uri: string): Buffer {
  return message(id, tlv(0x73, text(uri)))
}

/** The end of an answer, or of a page of it. */
export function doneMessage(id: number, cookie = ''): Buffer {
  const value = tlv(4, tlv(0x30, whole(0), text(cookie)))
  return message(id, tlv(0x65, RESULT_OK), tlv(0xa0, tlv(0x30, text(PAGED), value)))
}
