import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'

/** Frames up to this size are handed over whole; of larger ones only the beginning. */
const WHOLE_BYTES = 16_384
const HEAD_BYTES = 256
/** One buffer for all sockets of a process: what was read is looked at before the next read. */
const READ = Buffer.allocUnsafe(1_048_576)

/** The client's end of a websocket. */
export interface ClientSocket {
  send(text: string): void
  terminate(): void
}

/** What happens on it. */
export interface SocketEvents {
  opened(): void
  /** A text frame: all of it, or, of a large one, its first bytes. Only good until this returns. */
  frame(beginning: Buffer): void
  closed(): void
}

/**
 * The client's end of a websocket, as little of it as the hub's messages need, for the kiosks that make load. In production a
 * thousand kiosks are a thousand machines; here they share two cores with the hub, and what they spend would be missing there.
 * `ws` cannot be that frugal: it puts each frame together before it hands it over. Of frames of 30 kB, as a busy university
 * sends them twenty times a second to each of a thousand kiosks, one costs it 80 µs of CPU, more than both cores have;
 * here, where only the beginning of a large frame is looked at, 18 µs. Up to 300 bytes both cost the same. Wherever else
 * a bench needs a client, it is `ws`.
 */
export class MinimalWebSocket implements ClientSocket {
  private readonly socket: Socket
  private readonly events: SocketEvents
  private isOpen = false
  /** Bytes of a frame's header or beginning that came in an earlier read. */
  private kept: Buffer = Buffer.alloc(0)
  /** Rest of a large frame that nobody looks at. */
  private skipBytes = 0

  constructor(url: string, events: SocketEvents) {
    this.events = events
    const { hostname, port, host, pathname } = new URL(url)
    this.socket = connect({
      host: hostname,
      port: Number(port),
      noDelay: true,
      onread: {
        buffer: READ,
        callback: (count) => {
          this.read(READ.subarray(0, count))
          return true
        },
      },
    })
    const key = randomBytes(16).toString('base64')
    this.socket.on('connect', () =>
      this.socket.write(
        `GET ${pathname} HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
      ),
    )
    this.socket.on('error', () => this.socket.destroy())
    this.socket.on('close', () => events.closed())
  }

  /** Sends one text. The mask is zero: the hub takes it off like any other. */
  send(text: string): void {
    const payload = Buffer.from(text)
    const isShort = payload.length < 126
    const frame = Buffer.alloc((isShort ? 6 : 8) + payload.length)
    frame[0] = 0x81
    frame[1] = 0x80 | (isShort ? payload.length : 126)
    if (!isShort) frame.writeUInt16BE(payload.length, 2)
    payload.copy(frame, frame.length - payload.length)
    this.socket.write(frame)
  }

  terminate(): void {
    this.socket.destroy()
  }

  private read(chunk: Buffer): void {
    let bytes = this.kept.length === 0 ? chunk : Buffer.concat([this.kept, chunk])
    if (!this.isOpen) {
      const end = bytes.indexOf('\r\n\r\n')
      if (end < 0) return void (this.kept = Buffer.from(bytes))
      if (!bytes.toString('latin1', 0, 12).endsWith('101')) return this.terminate()
      this.isOpen = true
      bytes = bytes.subarray(end + 4)
      this.events.opened()
    }
    const used = this.takeFrames(bytes)
    this.kept = used < bytes.length ? Buffer.from(bytes.subarray(used)) : EMPTY
  }

  /** Hands over what is there; gives how many bytes are done with. */
  private takeFrames(bytes: Buffer): number {
    let at = 0
    for (;;) {
      const skipped = Math.min(this.skipBytes, bytes.length - at)
      this.skipBytes -= skipped
      at += skipped
      if (bytes.length - at < 2) return at
      const short = (bytes[at + 1] ?? 0) & 127
      const start = at + (short < 126 ? 2 : short === 126 ? 4 : 10)
      if (bytes.length < start) return at
      const length =
        short < 126
          ? short
          : short === 126
            ? bytes.readUInt16BE(at + 2)
            : Number(bytes.readBigUInt64BE(at + 2))
      const needed = length <= WHOLE_BYTES ? length : HEAD_BYTES
      if (bytes.length < start + needed) return at
      if ((bytes[at] ?? 0) === 0x81) this.events.frame(bytes.subarray(start, start + needed))
      this.skipBytes = length - needed
      at = start + needed
    }
  }
}

const EMPTY = Buffer.alloc(0)
