import SMTPConnection from 'nodemailer/lib/smtp-connection'
import SMTPTransport from 'nodemailer/lib/smtp-transport'

/** A server that does not answer holds up a mail, a registration and a hub that stops no longer than this. */
export const SMTP_TIMEOUTS = {
  connectionTimeout: 5_000,
  greetingTimeout: 5_000,
  dnsTimeout: 5_000,
  socketTimeout: 10_000,
} as const

/** How long what a server said of itself is believed, and how long nothing is asked after it did not answer. */
const KNOWN_FOR_MS = 10 * 60_000
const AWAY_FOR_MS = 15_000

/** What a mail server says of itself; or the code of why it says nothing. */
export type MailServerAnswer = { ok: true; takesUtf8: boolean } | { ok: false; code: string }

/** Asks the server of SMTP_URL what it can do (EHLO, after STARTTLS where it offers that). Never throws. */
export function askMailServer(url: string): Promise<MailServerAnswer> {
  const { options } = new SMTPTransport({ url, ...SMTP_TIMEOUTS })
  const connection = new SMTPConnection(options)
  return new Promise((answer) => {
    const end = (said: MailServerAnswer): void => {
      answer(said)
      connection.close()
    }
    connection.on('error', (error: Error & { code?: string }) =>
      end({ ok: false, code: error.code ?? error.name }),
    )
    connection.on('end', () => end({ ok: false, code: 'ECLOSED' }))
    connection.connect(() => {
      const said = connection.lastServerResponse
      end({ ok: true, takesUtf8: typeof said === 'string' && /^250[ -]SMTPUTF8\b/im.test(said) })
    })
  })
}

/**
 * Whether the server takes addresses beyond ASCII before the @ (SMTPUTF8, RFC 6531); null while it does not answer. Asked
 * of the server once in a while, whoever wants to know meanwhile. [IDN-18]
 */
export function makeUtf8Question(
  ask: () => Promise<MailServerAnswer>,
  nowMs: () => number = () => performance.now(),
): () => Promise<boolean | null> {
  const held: { answer: Promise<MailServerAnswer> | null; untilMs: number } = { answer: null, untilMs: 0 }
  return async () => {
    if (held.answer === null || nowMs() >= held.untilMs) {
      held.untilMs = Infinity
      held.answer = ask()
      void held.answer.then(({ ok }) => (held.untilMs = nowMs() + (ok ? KNOWN_FOR_MS : AWAY_FOR_MS)))
    }
    const said = await held.answer
    return said.ok ? said.takesUtf8 : null
  }
}
