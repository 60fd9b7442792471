import { appendChange } from '../platform/postgres/append-change.ts'
import { transaction } from '../platform/postgres/database.ts'
import { loadStuckMail, updateMailDueNow, type StuckMail } from '../platform/mail/mail-outbox.ts'
import { answer, type AdminCommand } from './answer.ts'
import { formatTable } from './table.ts'

/** `mail list`. [IDN-21] */
export const mailList: AdminCommand = {
  name: 'mail list',
  usage: '',
  summary:
    'shows the mails that did not get through: those that were given up, and those that are tried again',
  help: `Of a mail that was given up nothing is kept for longer than a month, and of its address only the first letter and the
domain. "EENVELOPE 550" means that the mail server knows nobody of that address, ESMTPUTF8 that it takes none beyond ASCII.`,
  options: {},
  run: async (world) => {
    const mails = await loadStuckMail(world.pool)
    if (mails.length === 0) return answer('Every mail got through.', { mails })
    const columns = ['asked for', 'mail', 'university', 'to', 'tries', 'how it stands']
    const rows = mails.map((mail) => [
      new Date(mail.createdAtMs).toISOString(),
      mail.template,
      mail.universityName ?? '-',
      mail.maskedTo,
      mail.tries,
      standingOf(mail),
    ])
    return answer(formatTable(columns, rows), { mails })
  },
}

function standingOf({ failedAtMs, failure, nextTryAtMs }: StuckMail): string {
  if (failedAtMs === null) return `tried again at ${new Date(nextTryAtMs).toISOString()}`
  return `given up ${new Date(failedAtMs).toISOString()}${failure === null ? '' : `: ${failure}`}`
}

/** `mail retry`. [IDN-21] */
export const mailRetry: AdminCommand = {
  name: 'mail retry',
  usage: '',
  summary: 'tries what waits for its next try within a minute, for example when the mail server is back',
  help: `What was given up is not tried again, since nothing of it is kept: who asked for it asks once more.`,
  options: {},
  run: async (world) => {
    const count = await transaction(world.pool, 'read committed', async (client) => {
      const dueCount = await updateMailDueNow(client)
      if (dueCount === 0) return 0
      await appendChange(client, {
        universityId: null,
        actor: 'cli',
        service: 'mail',
        subject: 'retry',
        log: { count: dueCount },
      })
      return dueCount
    })
    const text = count === 0 ? 'No mail waits.' : `${count} ${count === 1 ? 'mail is' : 'mails are'} due now.`
    return answer(text, { count })
  },
}
