import { readFileSync } from 'node:fs'
import type { LogCode } from '../hub/platform/log-codes.ts'
import { readMailFile } from '../hub/platform/mail/mail-file.ts'

const MAIL_WRITTEN: LogCode = 'mail-written'

/**
 * What the starter says instead of a line of the hub's log: a mail that became a file is told to whoever sits here, with
 * its subject, its link and where it lies. The log itself has no link. Null: nothing else is to be said. [IMP-11]
 */
export function tellMail(line: string): string | null {
  if (!line.includes(MAIL_WRITTEN)) return null
  try {
    const { code, file } = JSON.parse(line) as { code?: string; file: string }
    if (code !== MAIL_WRITTEN) return null
    const { to, subject, link } = readMailFile(readFileSync(file, 'utf8'))
    return `mail to ${to} "${subject}"${link === null ? '' : `: ${link}`} (${file})`
  } catch {
    return null
  }
}
