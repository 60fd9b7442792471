import { appendChange } from '../platform/postgres/append-change.ts'
import { transaction } from '../platform/postgres/database.ts'
import { loadStuckMail, updateMailDueNow, type StuckMail } from '../platform/mail/mail-outbox.ts'
import { answer, type AdminCommand } from './answer.ts'
import { makeTimes, type Times } from './times.ts'

/** `mail list`. [IDN-21] */
export const mailList: AdminCommand = {
  name: 'mail list',
  usage: '',
  summary: 'lists emails that were not delivered: those given up, and those that will be tried again',
  help: `Nothing of an email that was given up is kept for longer than a month, and of its address only the first letter and the
domain are kept. "EENVELOPE 550" means that the mail server does not know the address, ESMTPUTF8 that it accepts none beyond ASCII.`,
  example: 'mail list',
  options: {},
  run: async (world) => {
    const mails = await loadStuckMail(world.pool)
    if (mails.length === 0) return answer('Every email was delivered.', { mails })
    const times = makeTimes(null)
    const columns = [`requested (${times.zone})`, 'mail', 'university', 'to', 'tries', 'state']
    const rows = mails.map((mail) => [
      times.minute(mail.createdAtMs),
      mail.template,
      mail.universityName ?? '-',
      mail.maskedTo,
      mail.tries,
      stateOf(mail, times),
    ])
    return answer({ columns, rows }, { mails })
  },
}

function stateOf({ failedAtMs, failure, nextTryAtMs }: StuckMail, times: Times): string {
  if (failedAtMs === null) return `next try at ${times.minute(nextTryAtMs)}`
  return `given up at ${times.minute(failedAtMs)}${failure === null ? '' : `: ${failure}`}`
}

/** `mail retry`. [IDN-21] */
export const mailRetry: AdminCommand = {
  name: 'mail retry',
  usage: '',
  summary: 'sends waiting emails within a minute, for example once the mail server is back',
  help: `What was given up is not sent again, since nothing of it is kept: people who requested it must request it again.`,
  example: 'mail retry',
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
    const text =
      count === 0
        ? 'No emails are waiting.'
        : `${count} ${count === 1 ? 'email' : 'emails'} will be sent within a minute.`
    return answer(text, { count })
  },
}
