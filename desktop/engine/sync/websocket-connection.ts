import { WebSocket } from 'ws'
import { certificateErrorOf } from './certificate-error.ts'
import type { ConnectToHub, ConnectionEnd } from '../core/ports.ts'

const HANDSHAKE_TIMEOUT_MS = 10_000

/** Frames of rows are at most 128 KiB; a single row or a frame of levels may be a little longer. */
const MAX_PAYLOAD_BYTES = 4 * 1024 * 1024

/**
 * Connects over real websockets. `ca` (PEM) replaces the system's authorities; null keeps them. The certificate is always
 * checked, whatever the environment says. [SYN-26]
 */
export function makeWebSocketConnect(ca: string | null): ConnectToHub {
  return (url, events) => {
    const socket = new WebSocket(url, {
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      maxPayload: MAX_PAYLOAD_BYTES,
      perMessageDeflate: false,
      followRedirects: false,
      rejectUnauthorized: true,
      ...(ca === null ? {} : { ca }),
    })
    const state = { why: 'closed' as ConnectionEnd, isEnded: false, wasOpen: false }
    const end = (): void => {
      if (state.isEnded) return
      state.isEnded = true
      events.ended(state.why)
    }
    socket.on('open', () => {
      state.wasOpen = true
      if (!state.isEnded) events.opened()
    })
    socket.on('message', (data, isBinary) => {
      if (!state.isEnded && !isBinary && Buffer.isBuffer(data)) events.received(data.toString('utf8'))
    })
    socket.on('pong', (data) => {
      if (!state.isEnded) events.ponged(data.toString('utf8'))
    })
    socket.on('error', (error) => {
      const kind = certificateErrorOf(error, Date.now())
      if (kind !== null) state.why = kind
      else if (!state.wasOpen) state.why = 'unreachable'
    })
    socket.on('close', end)
    return {
      send: (text) => {
        if (socket.readyState === WebSocket.OPEN) socket.send(text)
      },
      ping: (payload) => {
        if (socket.readyState === WebSocket.OPEN) socket.ping(payload)
      },
      close: () => {
        state.isEnded = true
        // A closing handshake that nobody answers would take half a minute; what was sent has left already.
        if (socket.readyState === WebSocket.OPEN) socket.close()
        else socket.terminate()
      },
    }
  }
}
