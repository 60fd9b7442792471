import type { HubConfig } from '../config.ts'
import { askMailServer } from '../platform/mail/mail-server.ts'
import { query } from '../platform/postgres/database.ts'
import { countStuckMail } from '../platform/mail/mail-outbox.ts'
import type { AdminWorld } from './answer.ts'
import type { Finding } from './finding.ts'

/** Whether the mail server answers, and whether it takes addresses beyond ASCII. [IDN-18] */
export async function checkMailServer({ smtpUrl, home }: HubConfig): Promise<Finding[]> {
  if (smtpUrl === null)
    return [
      { what: 'mail', state: 'ok', found: `without SMTP_URL emails are written to files in ${home}/mail` },
    ]
  const said = await askMailServer(smtpUrl)
  if (!said.ok)
    return [
      {
        what: 'mail',
        state: 'fail',
        found: `the server of SMTP_URL does not answer (${said.code})`,
        fix: 'Check SMTP_URL and the network: until then emails wait, for a day at most.',
      },
    ]
  const found = said.takesUtf8
    ? 'the server answers, and accepts addresses in any script (SMTPUTF8)'
    : 'the server answers; it accepts no address beyond ASCII (no SMTPUTF8), so such addresses are refused when entered'
  return [{ what: 'mail', state: 'ok', found }]
}

/** Whether mail got through lately. [IDN-21] */
export async function checkStuckMail({ pool }: AdminWorld): Promise<Finding[]> {
  const [column] = await query<{ exists: boolean }>(
    pool,
    `select exists (select from information_schema.columns
       where table_name = 'mail_outbox' and column_name = 'failure') as exists`,
  )
  if (column?.exists !== true) return []
  const { givenUp, waiting } = await countStuckMail(pool)
  const findings: Finding[] = []
  if (givenUp > 0)
    findings.push({
      what: 'mails',
      state: 'warn',
      found: `${givenUp} given up within a week`,
      fix: '"mail list" shows them: tell the people who wait for one, or have them request it again.',
    })
  if (waiting > 0)
    findings.push({
      what: 'mails',
      state: 'warn',
      found: `${waiting} waiting for more than an hour`,
      fix: 'Check the mail server; then run "mail retry".',
    })
  return findings.length > 0 ? findings : [{ what: 'mails', state: 'ok', found: 'all delivered' }]
}
