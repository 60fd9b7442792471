import { once } from 'node:events'
import PostalMime, { type Email } from 'postal-mime'
import { SMTPServer } from 'smtp-server'

/** A mail as its reader sees it. */
export interface ReceivedMail {
  to: string
  from: string
  subject: string
  text: string
  html: string
  messageId: string
  /** Path and token of its link, if it has one with a token. */
  link: { path: string; token: string } | null
  raw: string
}

/** A mail server of a test, with everybody's mailbox. */
export interface TestMailbox {
  /** For SMTP_URL. */
  url: string
  /** All mails so far, in the order in which they came. */
  all(): readonly ReceivedMail[]
  /** The next mail to an address that was not read before; waits for it. */
  next(to: string): Promise<ReceivedMail>
  /** Answers the next recipients so instead of taking them. */
  refuse(response: { code: number; times: number }): void
  stop(): Promise<void>
}

/** Starts a real SMTP server on loopback; one that does not take addresses beyond ASCII, where asked for. */
export async function startTestMailbox({ isAsciiOnly = false } = {}): Promise<TestMailbox> {
  const mails: ReceivedMail[] = []
  const read = new Set<ReceivedMail>()
  const waiting = new Set<() => void>()
  const refusal = { code: 0, times: 0 }
  const server = new SMTPServer({
    authOptional: true,
    hideSMTPUTF8: isAsciiOnly,
    disabledCommands: ['STARTTLS', 'AUTH'],
    logger: false,
    onRcptTo: (address, _session, done) => {
      if (refusal.times === 0) return done()
      refusal.times -= 1
      return done(Object.assign(new Error(`no ${address.address} here`), { responseCode: refusal.code }))
    },
    onData: (stream, session, done) => {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const raw = Buffer.concat(chunks)
        void PostalMime.parse(raw).then((mail) => {
          const to = session.envelope.rcptTo.map(({ address }) => address).join(',')
          mails.push(readMail(mail, to, raw.toString()))
          for (const look of waiting) look()
          return done()
        }, done)
      })
    },
  })
  server.listen(0, '127.0.0.1')
  await once(server.server, 'listening')
  const address = server.server.address()
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0
  const next = async (to: string): Promise<ReceivedMail> => {
    for (;;) {
      const found = mails.find((mail) => mail.to === to && !read.has(mail))
      if (found !== undefined) {
        read.add(found)
        return found
      }
      const came = Promise.withResolvers<void>()
      waiting.add(came.resolve)
      await came.promise
      waiting.delete(came.resolve)
    }
  }
  return {
    url: `smtp://127.0.0.1:${port}`,
    all: () => mails,
    next,
    refuse: (response) => Object.assign(refusal, response),
    stop: () => new Promise((stopped) => server.close(() => stopped())),
  }
}

function readMail(mail: Email, to: string, raw: string): ReceivedMail {
  const { subject = '', text = '', html = '', messageId = '' } = mail
  const [, path = '', token = ''] = /https?:\/\/[^/\s]+(\/[a-z/]+)#token=([\w-]{43})/.exec(text) ?? []
  const from = mail.from?.address ?? ''
  return { to, from, subject, text, html, messageId, link: token === '' ? null : { path, token }, raw }
}
