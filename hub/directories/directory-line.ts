import { connect as connectPlain, isIP, type Socket } from 'node:net'
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls'
import { BerReader, ExtendedRequest } from 'ldapts'
import type { DirectorySettings } from './directory-config.ts'
import { CLOSED, makeTalk, type DirectoryTalk } from './directory-talk.ts'

const START_TLS = '1.3.6.1.4.1.1466.20037'
const EXTENDED_RESPONSE = 0x78
/** An answer to StartTLS is some dozen bytes. */
const MAX_ANSWER_BYTES = 4096

/** One conversation with a directory. It is never dialled again: a new line would be anonymous. [DIR-3] */
export interface DirectoryLine {
  talk: DirectoryTalk
  /** Hangs up; what is under way fails. */
  end(): void
}

/**
 * Opens a line, encrypted unless the configuration says otherwise, with the certificate checked before anything is
 * said. Rejects after the directory's time-out; the whole conversation ends then as well. [DIR-2] [DIR-3]
 */
export async function openLine(settings: DirectorySettings): Promise<DirectoryLine> {
  const opened: (Socket | TLSSocket)[] = []
  const end = (): void => {
    clearTimeout(deadline)
    for (const socket of opened) socket.destroy()
  }
  const deadline = setTimeout(end, settings.timeoutMs)
  const keep = <One extends Socket>(socket: One): One => {
    // Whoever waits for an answer hears of it; this keeps an error in between from being nobody's.
    socket.on('error', () => undefined)
    opened.push(socket)
    return socket
  }
  try {
    return { talk: makeTalk(await dial(settings, keep)), end }
  } catch (error) {
    end()
    throw error
  }
}

async function dial(
  settings: DirectorySettings,
  keep: <One extends Socket>(socket: One) => One,
): Promise<Socket> {
  const { host, port, transport, ca } = settings
  // Without the name, a line that was plain at first would be checked for the wrong one.
  const secure: ConnectionOptions = {
    host,
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(ca === undefined ? {} : { ca }),
  }
  if (transport === 'tls') return happened(keep(connectTls({ ...secure, port })), 'secureConnect')
  const socket = await happened(keep(connectPlain({ host, port })), 'connect')
  if (transport === 'plain') return socket
  await askForTls(socket)
  return happened(keep(connectTls({ ...secure, socket })), 'secureConnect')
}

/** Waits for an event of a socket; rejects when it closes first. */
function happened<One extends Socket>(socket: One, event: 'connect' | 'secureConnect'): Promise<One> {
  return new Promise((resolve, reject) => {
    socket.once(event, () => resolve(socket))
    socket.once('error', reject)
    socket.once('close', () => reject(new Error(CLOSED)))
  })
}

/**
 * StartTLS (RFC 4511, 4.14), spoken by hand: the library would keep bytes that came before the encryption and read them
 * together with those that come after it, and somebody on the way could so turn a refused password into an accepted
 * one. Here whatever follows the one answer ends the line. [DIR-2]
 */
function askForTls(socket: Socket): Promise<void> {
  socket.write(new ExtendedRequest({ messageId: 1, oid: START_TLS }).write())
  let heard = Buffer.alloc(0)
  return new Promise((resolve, reject) => {
    const hear = (bytes: Buffer): void => {
      heard = Buffer.concat([heard, bytes])
      const answer = answerOf(heard)
      if (answer === 'more') return
      socket.off('data', hear)
      // What comes from here on is for the encryption's ears.
      socket.pause()
      if (answer === 'yes') resolve()
      else reject(new Error('the directory does not take StartTLS'))
    }
    socket.on('data', hear)
    socket.once('close', () => reject(new Error(CLOSED)))
  })
}

function answerOf(heard: Buffer): 'more' | 'yes' | 'no' {
  if (heard.length > MAX_ANSWER_BYTES) return 'no'
  try {
    const reader = new BerReader(heard)
    if (reader.readSequence() === null || reader.remain < reader.length) return 'more'
    const isAlone = reader.remain === reader.length
    const isYes =
      reader.readInt() === 1 && reader.readSequence() === EXTENDED_RESPONSE && reader.readEnumeration() === 0
    return isAlone && isYes ? 'yes' : 'no'
  } catch {
    return 'no'
  }
}
