import { actKey } from '#shared/i18n/words.ts'
import type { ChangeRow } from '#shared/wire/rest-changes.ts'
import { loadPlatformAdmins } from '../accounts/platform-admin-rows.ts'
import { wordsOfAct } from '../audit/act-words.ts'
import { loadChangePage, loadChanges, type LoggedChange } from '../audit/change-log-rows.ts'
import { KIND_OF_KEY } from '../audit/change-name-rows.ts'
import type { Database } from '../platform/postgres/database.ts'
import { answer, type AdminCommand } from './answer.ts'
import { formatDuration } from './duration.ts'
import { COUNT_OPTION, parseCount, pickUniversity, UNIVERSITY_OPTION } from './pick.ts'
import { makeTimes } from './times.ts'

/** The command line speaks English. */
const WORDS = wordsOfAct('en')

/** Acts of the whole installation, which no page of the portal shows. */
const ACTS_OF_THE_HUB: Readonly<Record<string, string>> = {
  hubBackup: 'Wrote a backup',
  hubRestore: 'Restored a backup',
  keysRotate: 'Created a new key',
  mailRetry: 'Sent waiting emails',
  accountsSetup: 'Created the first platform administrator',
  accountsPlatformAdd: 'Added a platform administrator',
  accountsPlatformRemove: 'Removed a platform administrator',
  universitiesRequest: 'Requested a university',
  universitiesRequestConfirm: 'Confirmed the request for a university',
  universitiesApprove: 'Approved a university',
  universitiesReject: 'Rejected a university',
  universitiesRemove: 'Removed a university',
}

/** An act with the names of whom and what it speaks of: "kiosk 7" → "door 101". */
interface NamedChange extends LoggedChange {
  actorName: string | null
  names: ChangeRow['names']
}

/** `log`. [IMP-28] */
export const log: AdminCommand = {
  name: 'log',
  usage: '[--university D] [--all] [--count N]',
  summary: 'shows who did what, newest first',
  help: `  --all            what concerns the whole installation instead of one university
  --count N        how many: 50 by default

Acts are called as in the portal's log; --json has them as they are stored, too.`,
  example: 'log --count 200',
  options: { ...UNIVERSITY_OPTION, ...COUNT_OPTION, all: { type: 'boolean' } },
  run: async (world, input) => {
    const count = parseCount(input)
    if (!count.ok) return count
    const university = input.isSet('all') ? null : await pickUniversity(world, input)
    if (university !== null && !university.ok) return university
    const universityId = university?.value.id ?? null
    const changes = await loadNamed(world.pool, universityId, count.value)
    if (changes.length === 0)
      return answer(
        universityId === null
          ? 'The log of the whole installation is empty. Without --all you see that of one university.'
          : `The log of ${university?.value.name ?? ''} is empty.`,
        { universityId, changes },
      )
    const times = makeTimes(university?.value.timezone ?? null)
    const rows = changes.map((change) => [
      change.id,
      times.second(change.atMs),
      whoOf(change),
      whatOf(change),
      detailsOf(change, change.log),
    ])
    const columns = ['id', `time (${times.zone})`, 'who', 'what', 'details']
    return answer({ columns, rows }, { universityId, changes })
  },
}

async function loadNamed(pool: Database, universityId: number | null, count: number): Promise<NamedChange[]> {
  if (universityId !== null) {
    const { changes } = await loadChangePage(pool, universityId, {}, { before: null, count })
    return changes.map((change) => ({ ...change, universityId }))
  }
  const admins = await loadPlatformAdmins(pool)
  const names = Object.fromEntries(
    admins.map(({ userId, displayname, email }) => [`user ${userId}`, displayname ?? email]),
  )
  const changes = await loadChanges(pool, null, count)
  return changes.map((change) => ({ ...change, actorName: names[change.actor] ?? null, names }))
}

/** A name; what has none by its kind and number. */
function whoOf({ actor, actorName, names }: NamedChange): string {
  return actorName ?? names[actor] ?? WORDS.actor[actor] ?? actor
}

function whatOf(change: NamedChange): string {
  const key = actKey(change)
  return WORDS.act[key] ?? ACTS_OF_THE_HUB[key] ?? `${change.service} ${change.subject}`
}

/** Of use to nobody who reads the log; JSON has them. */
const HIDDEN: ReadonlySet<string> = new Set([
  'clock',
  'sessionId',
  'enrolmentId',
  'universityId',
  'publicKey',
])

/** "Kiosk: door 101; Moved to: Room 102"; what was and became of something with an arrow between, parts of their own in brackets. */
function detailsOf(change: NamedChange, facts: object): string {
  const { from, to, key, ...rest } = facts as Record<string, unknown>
  const parts = Object.entries(rest)
    .filter(([field]) => !HIDDEN.has(field))
    .map(([field, value]) => `${fieldOf(field)}: ${detailOf(change, field, value)}`)
  if (from === undefined && to === undefined) return parts.join('; ')
  const field = typeof key === 'string' ? key : ''
  const turned = `${detailOf(change, field, from)} → ${detailOf(change, field, to)}`
  return [...parts, field === '' ? turned : `${fieldOf(field)}: ${turned}`].join('; ')
}

function fieldOf(field: string): string {
  return WORDS.field[field] ?? field
}

function detailOf(change: NamedChange, field: string, value: unknown): string {
  if (value === null || value === undefined) return 'none'
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (Array.isArray(value))
    return value.length === 0 ? 'none' : value.map((one) => detailOf(change, field, one)).join(', ')
  if (typeof value === 'object') return `(${detailsOf(change, value)})`
  if (typeof value === 'number' && field.endsWith('Ms')) return formatDuration(value)
  const kind = KIND_OF_KEY[field]
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return (kind === undefined ? undefined : change.names[`${kind} ${text}`]) ?? text
}
