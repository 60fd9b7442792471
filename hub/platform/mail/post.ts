import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createTransport } from 'nodemailer'
import type { HubLog } from '../log.ts'
import { MAIL_WRITTEN, mailFileText } from './mail-file.ts'
import { needsUtf8 } from './mail-reach.ts'
import { askMailServer, makeUtf8Question, SMTP_TIMEOUTS } from './mail-server.ts'
import type { Letter } from './write-mail.ts'

/** What became of a letter: handed over, refused for now, or refused for good. Codes only: servers repeat addresses. */
export type PostAnswer =
  | { outcome: 'sent' }
  | { outcome: 'later' | 'never'; errorCode: string | null; responseCode: number | null }

/** Where letters are handed in. */
export interface Post {
  send(letter: Letter): Promise<PostAnswer>
  /** Whether letters to addresses beyond ASCII are taken; null while nobody can say. [IDN-18] */
  takesUtf8(): Promise<boolean | null>
}

/** Nothing that a letter says is fetched, from a file or from anywhere. */
const SAFE = { disableFileAccess: true, disableUrlAccess: true } as const

/** The server does not take the address as it is written. */
const NO_UTF8 = 'ESMTPUTF8'

const HEADERS = { 'Auto-Submitted': 'auto-generated' } as const

/** Hands letters to the server of SMTP_URL. */
export function makeSmtpPost(url: string, from: string): Post {
  const transport = createTransport({ url, ...SMTP_TIMEOUTS }, { from, ...SAFE })
  const takesUtf8 = makeUtf8Question(() => askMailServer(url))
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
        return judge(error as { code?: unknown; responseCode?: unknown })
      }
    },
  }
}

/** Only a server that knows the address and will never have it (5xx to the recipient) ends the tries. */
function judge({ code, responseCode }: { code?: unknown; responseCode?: unknown }): PostAnswer {
  const errorCode = typeof code === 'string' ? code : null
  const status = typeof responseCode === 'number' ? responseCode : null
  const isForGood = errorCode === 'EENVELOPE' && status !== null && status >= 500
  return { outcome: isForGood ? 'never' : 'later', errorCode, responseCode: status }
}

/** Without a server: letters become files, for whoever tries Carrel out: one for a mail program, one to be read. [IMP-11] */
export function makeFilePost(folder: string, from: string, log: HubLog): Post {
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
      log.warn(MAIL_WRITTEN, { file: `${file}.txt` })
      return { outcome: 'sent' }
    },
  }
}
