import { connect as connectPlain, isIP, type Socket } from 'node:net'
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls'
import { BerReader, ExtendedRequest } from 'ldapts'
import type { DirectorySettings } from './directory-config.ts'
import { CLOSED, makeLdapClient, type LdapClient } from './ldap-client.ts'

const START_TLS = '1.3.6.1.4.1.1466.20037'
const EXTENDED_RESPONSE = 0x78
/** An answer to StartTLS is some dozen bytes. */
const MAX_ANSWER_BYTES = 4096

/** One connection to a directory. It never reconnects: a new connection would be anonymous. [DIR-3] */
export interface DirectoryConnection {
  client: LdapClient
  /** Closes it; pending requests fail. */
  end(): void
}

/**
 * Connects, encrypted unless the configuration says otherwise, with the certificate checked before anything is sent. Rejects
 * after the directory's time-out; an open connection is closed then as well. [DIR-2] [DIR-3]
 */
export async function connectDirectory(settings: DirectorySettings): Promise<DirectoryConnection> {
  const opened: (Socket | TLSSocket)[] = []
  const end = (): void => {
    clearTimeout(deadline)
    for (const socket of opened) socket.destroy()
  }
  const deadline = setTimeout(end, settings.timeoutMs)
  const keep = <One extends Socket>(socket: One): One => {
    // Pending requests reject by `close`; without this listener an error in between would be uncaught.
    socket.on('error', () => undefined)
    opened.push(socket)
    return socket
  }
  try {
    return { client: makeLdapClient(await connectSocket(settings, keep)), end }
  } catch (error) {
    end()
    throw error
  }
}

async function connectSocket(
  settings: DirectorySettings,
  keep: <One extends Socket>(socket: One) => One,
): Promise<Socket> {
  const { host, port, transport, ca } = settings
  // Without the name, a connection that begins without TLS would be checked for the wrong one.
  const secure: ConnectionOptions = {
    host,
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(ca === undefined ? {} : { ca }),
  }
  if (transport === 'tls') return waitForEvent(keep(connectTls({ ...secure, port })), 'secureConnect')
  const socket = await waitForEvent(keep(connectPlain({ host, port })), 'connect')
  if (transport === 'plain') return socket
  await startTls(socket)
  return waitForEvent(keep(connectTls({ ...secure, socket })), 'secureConnect')
}

/** Waits for an event of a socket; rejects when it closes first. */
function waitForEvent<One extends Socket>(socket: One, event: 'connect' | 'secureConnect'): Promise<One> {
  return new Promise((resolve, reject) => {
    socket.once(event, () => resolve(socket))
    socket.once('error', reject)
    socket.once('close', () => reject(new Error(CLOSED)))
  })
}

/**
 * StartTLS (RFC 4511, 4.14), implemented here: the library would keep bytes that came before the encryption and read them
 * together with those that come after it, and somebody on the way could so turn a refused password into an accepted
 * one. Here any byte after the one answer ends the connection. [DIR-2]
 */
function startTls(socket: Socket): Promise<void> {
  socket.write(new ExtendedRequest({ messageId: 1, oid: START_TLS }).write())
  let received = Buffer.alloc(0)
  return new Promise((resolve, reject) => {
    const receive = (bytes: Buffer): void => {
      received = Buffer.concat([received, bytes])
      const answer = parseStartTlsAnswer(received)
      if (answer === 'more') return
      socket.off('data', receive)
      // What comes from here on belongs to TLS.
      socket.pause()
      if (answer === 'yes') resolve()
      else reject(new Error('the directory does not support StartTLS'))
    }
    socket.on('data', receive)
    socket.once('close', () => reject(new Error(CLOSED)))
  })
}

function parseStartTlsAnswer(received: Buffer): 'more' | 'yes' | 'no' {
  if (received.length > MAX_ANSWER_BYTES) return 'no'
  try {
    const reader = new BerReader(received)
    if (reader.readSequence() === null || reader.remain < reader.length) return 'more'
    const isAlone = reader.remain === reader.length
    const isYes =
      reader.readInt() === 1 && reader.readSequence() === EXTENDED_RESPONSE && reader.readEnumeration() === 0
    return isAlone && isYes ? 'yes' : 'no'
  } catch {
    return 'no'
  }
}
