import { readFileSync } from 'node:fs'
import { MAIL_WRITTEN, readMailFile } from '../hub/platform/mail/mail-file.ts'

/**
 * What the starter says instead of a line of the hub's log: a mail that became a file is told to whoever sits here, with
 * its subject, its link and where it lies. The log itself has no link. Null: nothing else is to be said. [IMP-11]
 */
export function tellMail(line: string): string | null {
  if (!line.includes(MAIL_WRITTEN)) return null
  try {
    const { file } = JSON.parse(line) as { file: string }
    const { to, subject, link } = readMailFile(readFileSync(file, 'utf8'))
    return `mail to ${to} "${subject}"${link === null ? '' : `: ${link}`} (${file})`
  } catch {
    return null
  }
}
