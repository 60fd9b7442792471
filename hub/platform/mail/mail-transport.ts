import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createTransport } from 'nodemailer'
import type { HubLog } from '../log.ts'
import { mailFileText } from './mail-file.ts'
import { needsUtf8 } from './mail-reach.ts'
import { askMailServer, makeUtf8Check, SMTP_TIMEOUTS } from './mail-server.ts'
import type { OutgoingMail } from './write-mail.ts'

/** Whether the server took a mail, refused it for now, or for good. Codes only: servers' texts repeat addresses. */
export type SendResult =
  | { outcome: 'sent' }
  | { outcome: 'later' | 'never'; errorCode: string | null; responseCode: number | null }

/** Sends mails. */
export interface MailTransport {
  send(letter: OutgoingMail): Promise<SendResult>
  /** Whether mails to addresses beyond ASCII are taken; null while the server does not answer. [IDN-18] */
  takesUtf8(): Promise<boolean | null>
}

/** nodemailer must fetch nothing that a mail names, neither files nor addresses. */
const SAFE = { disableFileAccess: true, disableUrlAccess: true } as const

/** The server does not take the address as it is written. */
const NO_UTF8 = 'ESMTPUTF8'

const HEADERS = { 'Auto-Submitted': 'auto-generated' } as const

/** Makes the transport to the server of SMTP_URL. */
export function makeSmtpTransport(url: string, from: string): MailTransport {
  const transport = createTransport({ url, ...SMTP_TIMEOUTS }, { from, ...SAFE })
  const takesUtf8 = makeUtf8Check(() => askMailServer(url))
  return {
    takesUtf8,
    send: async ({ to, ...letter }) => {
      // The library would send such an address as it is to a server that cannot read it.
      const isTaken = needsUtf8(to) ? await takesUtf8() : true
      if (isTaken !== true)
        return { outcome: isTaken === null ? 'later' : 'never', errorCode: NO_UTF8, responseCode: null }
      try {
        await transport.sendMail({ ...letter, to: { name: '', address: to }, headers: HEADERS })
        return { outcome: 'sent' }
      } catch (error) {
        return classifyError(error as { code?: unknown; responseCode?: unknown })
      }
    },
  }
}

/** Only a refusal of the recipient for good (5xx) ends the tries. */
function classifyError({ code, responseCode }: { code?: unknown; responseCode?: unknown }): SendResult {
  const errorCode = typeof code === 'string' ? code : null
  const status = typeof responseCode === 'number' ? responseCode : null
  const isForGood = errorCode === 'EENVELOPE' && status !== null && status >= 500
  return { outcome: isForGood ? 'never' : 'later', errorCode, responseCode: status }
}

/** Makes the transport without SMTP_URL: each mail becomes two files, one for a mail program and one to be read. [IMP-11] */
export function makeFileTransport(folder: string, from: string, log: HubLog): MailTransport {
  const transport = createTransport({ streamTransport: true, buffer: true }, { from, ...SAFE })
  return {
    takesUtf8: async () => true,
    send: async ({ to, ...letter }) => {
      const written = await transport.sendMail({ ...letter, to: { name: '', address: to }, headers: HEADERS })
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      const stamp = new Date().toISOString().replaceAll(/[:.]/g, '-')
      const file = join(folder, `${stamp} ${letter.messageId.slice(1, 9)}`)
      writeFileSync(`${file}.eml`, written.message as Buffer, { mode: 0o600 })
      writeFileSync(`${file}.txt`, mailFileText({ to, ...letter }), { mode: 0o600 })
      // A warning, so that it is seen at `npm start` too; production does not start without a server.
      log.warn('mail-written', 'An email was written to a file because SMTP_URL is not set.', {
        file: `${file}.txt`,
      })
      return { outcome: 'sent' }
    },
  }
}
