import { once } from 'node:events'
import PostalMime from 'postal-mime'
import { SMTPServer } from 'smtp-server'

/** A mail that arrived. */
export interface CaughtMail {
  to: string
  subject: string
  text: string
}

/** A real SMTP server that keeps what it is handed. */
export interface MailCatcher {
  /** For SMTP_URL. */
  url: string
  /** The newest mail to an address whose text fits; waits until there is one. */
  mailTo(address: string, fits: RegExp): Promise<CaughtMail>
  stop(): Promise<void>
}

/** Starts one on a free port. */
export async function catchMail(): Promise<MailCatcher> {
  const mails: CaughtMail[] = []
  const waiting = new Set<() => void>()
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData: (stream, session, done) => {
      const parts: Buffer[] = []
      stream.on('data', (part: Buffer) => parts.push(part))
      stream.on('end', () => {
        void PostalMime.parse(Buffer.concat(parts)).then(({ subject = '', text = '' }) => {
          const to = session.envelope.rcptTo.map(({ address }) => address).join(',')
          mails.push({ to, subject, text })
          for (const look of waiting) look()
          done()
        }, done)
      })
    },
  })
  const listening = server.listen(0, '127.0.0.1')
  await once(listening, 'listening')
  const address = listening.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const find = (to: string, fits: RegExp): CaughtMail | undefined =>
    mails.findLast((mail) => mail.to === to && fits.test(mail.text))
  return {
    url: `smtp://127.0.0.1:${port}`,
    mailTo: (to, fits) =>
      new Promise((resolve) => {
        const look = (): void => {
          const found = find(to, fits)
          if (found === undefined) return
          waiting.delete(look)
          resolve(found)
        }
        waiting.add(look)
        look()
      }),
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  }
}
