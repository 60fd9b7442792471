import SMTPConnection from 'nodemailer/lib/smtp-connection'
import SMTPTransport from 'nodemailer/lib/smtp-transport'

/** A server that does not answer holds up a mail, a registration and a hub that stops no longer than this. */
export const SMTP_TIMEOUTS = {
  connectionTimeout: 5_000,
  greetingTimeout: 5_000,
  dnsTimeout: 5_000,
  socketTimeout: 10_000,
} as const

/** How long an answer of the server is valid, and how long it is not asked again after it did not answer. */
const ANSWER_VALID_MS = 10 * 60_000
const OUTAGE_PAUSE_MS = 15_000

/** What a mail server can do; or the code of why it does not answer. */
export type MailServerAnswer = { ok: true; takesUtf8: boolean } | { ok: false; code: string }

/** Asks the server of SMTP_URL what it can do (EHLO, after STARTTLS where it offers that). Never throws. */
export function askMailServer(url: string): Promise<MailServerAnswer> {
  const { options } = new SMTPTransport({ url, ...SMTP_TIMEOUTS })
  const connection = new SMTPConnection(options)
  return new Promise((answer) => {
    const end = (response: MailServerAnswer): void => {
      answer(response)
      connection.close()
    }
    connection.on('error', (error: Error & { code?: string }) =>
      end({ ok: false, code: error.code ?? error.name }),
    )
    connection.on('end', () => end({ ok: false, code: 'ECLOSED' }))
    connection.connect(() => {
      const response = connection.lastServerResponse
      end({ ok: true, takesUtf8: typeof response === 'string' && /^250[ -]SMTPUTF8\b/im.test(response) })
    })
  })
}

/**
 * Whether the server takes addresses beyond ASCII before the @ (SMTPUTF8, RFC 6531); null while it does not answer. The
 * answer is cached for ten minutes. [IDN-18]
 */
export function makeUtf8Check(
  ask: () => Promise<MailServerAnswer>,
  nowMs: () => number = () => performance.now(),
): () => Promise<boolean | null> {
  const cached: { answer: Promise<MailServerAnswer> | null; untilMs: number } = { answer: null, untilMs: 0 }
  return async () => {
    if (cached.answer === null || nowMs() >= cached.untilMs) {
      cached.untilMs = Infinity
      cached.answer = ask()
      void cached.answer.then(
        ({ ok }) => (cached.untilMs = nowMs() + (ok ? ANSWER_VALID_MS : OUTAGE_PAUSE_MS)),
      )
    }
    const response = await cached.answer
    return response.ok ? response.takesUtf8 : null
  }
}
