import { accept, type Decision } from '#shared/domain/decision.ts'
import { nearestName } from '#shared/domain/nearest-name.ts'
import { quoted } from '#shared/domain/space-tree.ts'
import { eraseAccount, isLastPlatformAdmin } from '../accounts/erase-rows.ts'
import { makePasswords } from '../accounts/passwords.ts'
import { loadPlatformAdmins, type PlatformAdmin } from '../accounts/platform-admin-rows.ts'
import { makeReadablePassword } from '../accounts/readable-password.ts'
import { insertLocalAccount, lockAccount } from '../accounts/user-rows.ts'
import { parseAddress } from '../platform/mail/address.ts'
import { queueMail } from '../platform/mail/mail-outbox.ts'
import { appendChange } from '../platform/postgres/append-change.ts'
import { transaction } from '../platform/postgres/database.ts'
import { answer, refusal, type AdminCommand, type AdminRefusal, type AdminWorld } from './answer.ts'
import { confirm, YES_OPTION } from './confirm.ts'
import { formatAge } from './table.ts'

const ADMIN_HELP = '  WHO              an email address, or the number that "platform-admins list" shows'

/** `platform-admins list`. [IMP-24] */
export const platformAdminsList: AdminCommand = {
  name: 'platform-admins list',
  usage: '',
  summary: 'lists the platform administrators, who approve universities and belong to none',
  example: 'platform-admins list',
  options: {},
  run: async (world) => {
    const admins = await loadPlatformAdmins(world.pool)
    if (admins.length === 0)
      return answer(
        'There is no platform administrator yet. "platform-admins add" creates one; so does the link that the hub shows at its start.',
        { admins },
      )
    const nowMs = Date.now()
    const columns = ['email', 'name', 'account', 'signed in', 'number']
    const rows = admins.map((admin) => [
      admin.email,
      admin.displayname ?? '-',
      [admin.hasPassword ? 'password' : 'no password', ...(admin.isActive ? [] : ['blocked'])].join(', '),
      admin.lastSignInAtMs === null ? 'never' : `${formatAge(nowMs, admin.lastSignInAtMs)} ago`,
      admin.userId,
    ])
    return answer({ columns, rows }, { admins })
  },
}

/** `platform-admins add`. [IMP-24] */
export const platformAdminsAdd: AdminCommand = {
  name: 'platform-admins add',
  aliases: ['platform-admins new'],
  usage: 'ADDRESS',
  summary: 'creates the account of a platform administrator, with a password that is shown once',
  help: `  ADDRESS          an email address that no account has yet; it counts as confirmed

Pass the password on by a safe way; whoever gets it should choose another one after signing in.`,
  example: 'platform-admins add it@example.edu',
  options: {},
  words: [1, 1],
  run: async (world, input) => {
    const typed = input.words[0] ?? ''
    const address = parseAddress(typed)
    if (address === null) return refusal(`${quoted(typed)} is not an email address. Check it.`)
    const password = makeReadablePassword()
    const hash = await makePasswords().hash(password)
    if (!hash.ok) return refusal('The server is busy and could not hash a password. Try again.')
    const userId = await transaction(world.pool, 'read committed', async (client) => {
      const id = await insertLocalAccount(client, {
        universityId: null,
        email: address.text,
        emailKey: address.key,
        passwordHash: hash.value,
        locale: null,
        isVerified: true,
      })
      if (id === null) return null
      await appendChange(client, {
        universityId: null,
        actor: 'cli',
        service: 'accounts',
        subject: 'platform add',
        log: { userId: id },
      })
      return id
    })
    if (userId === null)
      return refusal(
        `${quoted(address.text)} is already in use by another account: a platform administrator needs an address of their own.`,
      )
    return answer(
      `${address.text} is a platform administrator now.\npassword ${password}\nIt is shown only once.`,
      { userId, email: address.text, password },
    )
  },
}

/** `platform-admins remove`. [IDN-11] [IMP-16] [IMP-24] */
export const platformAdminsRemove: AdminCommand = {
  name: 'platform-admins remove',
  aliases: ['platform-admins delete'],
  usage: 'WHO [--yes]',
  summary: 'deletes the account of a platform administrator for good; the last one stays',
  help: ADMIN_HELP,
  example: 'platform-admins remove it@example.edu',
  options: YES_OPTION,
  words: [1, 1],
  run: async (world, input) => {
    const picked = await pickAdmin(world, input.words[0] ?? '')
    if (!picked.ok) return picked
    const { userId, email } = picked.value
    const confirmed = await confirm(input, {
      about: `The account of platform administrator ${quoted(email)} will be deleted for good, and signed out everywhere.`,
      word: email,
    })
    if (!confirmed.ok) return confirmed
    const done = await transaction(world.pool, 'read committed', async (client) => {
      if (await isLastPlatformAdmin(client, userId))
        return refusal(
          `${quoted(email)} is the last platform administrator. Add another one first: "platform-admins add".`,
        )
      const account = await lockAccount(client, userId)
      if (account === null) return refusal(`${quoted(email)} no longer exists.`)
      await eraseAccount(client, userId, account.email)
      await queueMail(client, {
        key: `deleted ${userId}`,
        to: email,
        locale: account.locale,
        template: 'accountDeleted',
        facts: {},
      })
      await appendChange(client, {
        universityId: null,
        actor: 'cli',
        service: 'accounts',
        subject: 'platform remove',
        log: { userId },
      })
      return accept(null)
    })
    if (!done.ok) return done
    return answer(`${email} is no longer a platform administrator: the account was deleted.`, {
      userId,
      email,
    })
  },
}

async function pickAdmin(
  { pool }: AdminWorld,
  typed: string,
): Promise<Decision<PlatformAdmin, AdminRefusal>> {
  const admins = await loadPlatformAdmins(pool)
  const key = parseAddress(typed)?.text.toLowerCase()
  const found = admins.find(
    ({ email, userId }) => email.toLowerCase() === key || String(userId) === typed.trim(),
  )
  if (found !== undefined) return accept(found)
  const meant = nearestName(
    typed,
    admins.map(({ email }) => email),
  )
  const hint = meant === null ? '"platform-admins list" shows all.' : `did you mean ${quoted(meant)}?`
  return refusal(`There is no platform administrator ${quoted(typed)}; ${hint}`)
}
