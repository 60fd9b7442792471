import { accept, type Decision } from '#shared/domain/decision.ts'
import { quoted } from '#shared/domain/space-tree.ts'
import { loadMe } from '../accounts/me-rows.ts'
import { loadListedPerson, loadPeople, type ListedPerson } from '../accounts/person-rows.ts'
import { loadLiveSessions } from '../accounts/user-session-rows.ts'
import type { University } from '../universities/university-rows.ts'
import {
  answer,
  refusal,
  type AdminAnswer,
  type AdminCommand,
  type AdminInput,
  type AdminRefusal,
  type AdminWorld,
} from './answer.ts'
import { COUNT_OPTION, moreThan, parseCount, pickPerson, pickUniversity, UNIVERSITY_OPTION } from './pick.ts'
import { formatAge, type Table } from './table.ts'
import { makeTimes } from './times.ts'

/** How the help says who may be meant. */
export const WHO_HELP =
  '  WHO              a username, an email address, or the number that "people find" shows'

/** `people list`. */
export const peopleList: AdminCommand = {
  name: 'people list',
  usage: '[--university D] [--count N]',
  summary: 'lists the people of a university, by name',
  help: '  --count N        how many at most: 50 by default',
  example: 'people list --count 200',
  options: { ...UNIVERSITY_OPTION, ...COUNT_OPTION },
  run: (world, input) => find(world, input, ''),
}

/** `people find`. */
export const peopleFind: AdminCommand = {
  name: 'people find',
  aliases: ['people search'],
  usage: '[--university D] TEXT [--count N]',
  summary: 'finds people by a part of their name, username or email address',
  help: `  TEXT             one or several words, in any case; all of them must be found
  --count N        how many at most: 50 by default`,
  example: 'people find novak',
  options: { ...UNIVERSITY_OPTION, ...COUNT_OPTION },
  words: [1, 20],
  run: (world, input) => find(world, input, input.words.join(' ')),
}

async function find(
  world: AdminWorld,
  input: AdminInput,
  text: string,
): Promise<Decision<AdminAnswer, AdminRefusal>> {
  const count = parseCount(input)
  if (!count.ok) return count
  const university = await pickUniversity(world, input)
  if (!university.ok) return university
  const { id: universityId, name } = university.value
  const words = text
    .normalize('NFC')
    .split(/\s+/)
    .filter((word) => word !== '')
  const { people, totalCount } = await loadPeople(world.pool, universityId, words, count.value)
  const facts = { universityId, totalCount, people }
  if (people.length === 0)
    return answer(
      words.length === 0
        ? `There are no people at ${name} yet. They appear once they create an account, sign in through a directory, or are imported ("import").`
        : `No one at ${name} matches ${quoted(text)}. "people list" shows everyone.`,
      facts,
    )
  return answer([tableOf(people), ...moreThan(people.length, totalCount)], facts)
}

function tableOf(people: readonly ListedPerson[]): Table {
  const nowMs = Date.now()
  return {
    columns: ['name', 'username', 'email', 'role', 'account', 'signed in', 'number'],
    rows: people.map((person) => [
      person.displayname ?? '-',
      person.username ?? '-',
      person.email ?? '-',
      person.superRole ?? '',
      accountOf(person).join(', '),
      person.lastSignInAtMs === null ? 'never' : `${formatAge(nowMs, person.lastSignInAtMs)} ago`,
      person.userId,
    ]),
  }
}

/** Nobody can sign in with it until a directory knows the username. [IMP-5] */
function waitsForDirectory({ directory, email }: ListedPerson): boolean {
  return directory === null && email === null
}

/** By what somebody can sign in, and what prevents it. */
function accountOf(person: ListedPerson): string[] {
  const { directory, email, hasPassword, isActive, isVerified } = person
  const how =
    directory !== null
      ? `directory ${directory}`
      : waitsForDirectory(person)
        ? 'imported'
        : hasPassword
          ? 'password'
          : 'no password'
  return [
    how,
    ...(email !== null && !isVerified ? ['email not confirmed'] : []),
    ...(isActive ? [] : ['blocked']),
  ]
}

/** A person as sentences name them. */
export function nameOf({
  displayname,
  username,
  email,
  userId,
}: Pick<ListedPerson, 'displayname' | 'username' | 'email' | 'userId'>): string {
  return displayname ?? username ?? email ?? String(userId)
}

/** The person that the first word names, with all that staff see of them. */
export async function pickListed(
  world: AdminWorld,
  input: AdminInput,
): Promise<Decision<{ university: University; person: ListedPerson }, AdminRefusal>> {
  const university = await pickUniversity(world, input)
  if (!university.ok) return university
  const picked = await pickPerson(world, university.value, input.words[0] ?? '')
  if (!picked.ok) return picked
  const person = await loadListedPerson(world.pool, university.value.id, picked.value.userId)
  return person === null
    ? refusal(`${quoted(picked.value.name)} no longer exists.`)
    : accept({ university: university.value, person })
}

/** `people show`. */
export const peopleShow: AdminCommand = {
  name: 'people show',
  usage: '[--university D] WHO',
  summary: 'shows one person: account, role, groups, sessions',
  help: WHO_HELP,
  example: 'people show ana.novak@example.edu',
  options: UNIVERSITY_OPTION,
  words: [1, 1],
  run: async (world, input) => {
    const picked = await pickListed(world, input)
    if (!picked.ok) return picked
    const { university, person } = picked.value
    const groups = (await loadMe(world.pool, person.userId))?.groups ?? []
    const sessions = await loadLiveSessions(world.pool, person.userId)
    const times = makeTimes(university.timezone)
    const [newest] = sessions.toSorted((one, other) => other.lastSeenAtMs - one.lastSeenAtMs)
    const rows: [string, string | number][] = [
      ['name', person.displayname ?? '-'],
      ['username', person.username ?? '-'],
      ['email', person.email ?? '-'],
      ['number', String(person.userId)],
      ['university', university.name],
      [
        'account',
        `${accountOf(person).join(', ')}${waitsForDirectory(person) ? ', cannot sign in before a directory knows the username' : ''}`,
      ],
      ['role', person.superRole === null ? 'none' : `${person.superRole} of the super group`],
      ['groups', groups.map((group) => `${group.name} (${group.permission})`).join(', ') || 'none'],
      ['language', person.locale ?? `${university.locale} (the university's)`],
      ['account created', times.minute(person.createdAtMs)],
      ['signed in', person.lastSignInAtMs === null ? 'never' : times.minute(person.lastSignInAtMs)],
      [
        'sessions',
        newest === undefined ? 'none' : `${sessions.length}, last seen ${times.minute(newest.lastSeenAtMs)}`,
      ],
    ]
    return answer([{ columns: null, rows }, `Times are in ${times.zone}.`], {
      universityId: university.id,
      ...person,
      groups,
      sessions: sessions.map(({ signedInAtMs, lastSeenAtMs, address, userAgent }) => ({
        signedInAtMs,
        lastSeenAtMs,
        address,
        userAgent,
      })),
    })
  },
}
