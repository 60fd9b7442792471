import { accept, type Decision } from '#shared/domain/decision.ts'
import { KioskRole } from '#shared/domain/kiosk.ts'
import { spacesByPath, type ExistingSpace } from '#shared/domain/space-tree-diff.ts'
import { nearestName } from '#shared/domain/nearest-name.ts'
import { normaliseName, parsePath, pathText, quoted } from '#shared/domain/space-tree.ts'
import { parseAddress } from '../platform/mail/address.ts'
import { loadAdminKiosks, type AdminKiosk } from '../kiosks/kiosk-rows.ts'
import { loadListedPerson, loadPeople, loadPeopleNamed, type KnownPerson } from '../accounts/person-rows.ts'
import { loadPlatformAdmins } from '../accounts/platform-admin-rows.ts'
import { loadSpaces } from '../spaces/space-rows.ts'
import { loadUniversities, loadUniversityByDomain, type University } from '../universities/university-rows.ts'
import { refusal, type AdminInput, type AdminRefusal, type AdminWorld } from './answer.ts'

const ROLES: ReadonlySet<string> = new Set(KioskRole.enum)

const NO_UNIVERSITY = 'There is no university yet. "university add" creates one.'

/** The option of commands that list: how many at most. */
export const COUNT_OPTION = { count: { type: 'string', default: '50' } } as const

/** The number of `--count`. */
export function parseCount(input: AdminInput): Decision<number, AdminRefusal> {
  const typed = input.text('count') ?? ''
  return /^[1-9]\d{0,5}$/.test(typed)
    ? accept(Number(typed))
    : refusal(`--count ${quoted(typed)} is not a number from 1 to 999999.`)
}

/** That there are more than are shown; nothing where there are none. */
export function moreThan(shownCount: number, totalCount: number): string[] {
  return totalCount > shownCount
    ? [`… and ${totalCount - shownCount} more; --count ${totalCount} shows all.`]
    : []
}

/** The option that names a university; it may be left out where there is only one. */
export const UNIVERSITY_OPTION = { university: { type: 'string', short: 'u' } } as const

/** The university that `--university D`, or else the environment, names by one of its domains. [IMP-26] */
export async function pickUniversity(
  world: AdminWorld,
  input: AdminInput,
): Promise<Decision<University, AdminRefusal>> {
  const domain = (input.text('university') ?? input.usualUniversity)?.trim().toLowerCase()
  if (domain !== undefined) {
    const found = await loadUniversityByDomain(world.pool, domain)
    if (found !== null) return accept(found)
    const known = (await loadUniversities(world.pool)).flatMap((one) => one.domains)
    if (known.length === 0) return refusal(NO_UNIVERSITY)
    const meant = nearestName(domain, known)
    const others =
      known.length === 1 ? `there is only ${known.join()}.` : `choose one of ${known.join(', ')}.`
    return refusal(
      `There is no university with the domain ${quoted(domain)}; ${meant === null ? others : `did you mean ${meant}?`}`,
    )
  }
  const all = await loadUniversities(world.pool)
  const [only, second] = all
  if (only === undefined) return refusal(NO_UNIVERSITY)
  if (second !== undefined)
    return refusal(
      `There are several universities. Add --university (-u) with one of ${all.flatMap(({ domains }) => domains.slice(0, 1)).join(', ')}, or set CARREL_UNIVERSITY to it.`,
    )
  return accept(only)
}

/** The one person of a university with a username or an address, confirmed or not. */
export async function pickPerson(
  world: AdminWorld,
  { id, name }: University,
  word: string,
): Promise<Decision<KnownPerson, AdminRefusal>> {
  const typed = word.normalize('NFC').trim()
  const emailKey = parseAddress(typed)?.key ?? null
  const people = await loadPeopleNamed(world.pool, id, { username: typed, emailKey })
  const [person, second] = people
  if (second !== undefined)
    return refusal(
      `${quoted(typed)} is the address of ${people.length} people at ${name}. Use the username, or the number that "people find" shows.`,
    )
  if (person !== undefined) return accept(person)
  const numbered = /^\d{1,16}$/.test(typed) ? await loadListedPerson(world.pool, id, Number(typed)) : null
  if (numbered !== null) {
    const { userId, username, email, directory, isActive, isVerified } = numbered
    const isTrusted = isVerified || directory !== null || email === null
    return accept({ userId, name: username ?? email ?? typed, isActive, isTrusted })
  }
  if ((await loadPlatformAdmins(world.pool)).some(({ email }) => email.toLowerCase() === typed.toLowerCase()))
    return refusal(
      `${quoted(typed)} is a platform administrator and belongs to no university: see "platform-admins list".`,
    )
  return refusal(
    `There is no one called ${quoted(typed)} at ${name}; ${await hintOfPeople(world, id, typed)}`,
  )
}

/** Who may have been meant by a part of a name. */
async function hintOfPeople(world: AdminWorld, universityId: number, typed: string): Promise<string> {
  const words = typed.split(/\s+/).filter((word) => word !== '')
  const { people, totalCount } =
    words.length === 0 ? { people: [], totalCount: 0 } : await loadPeople(world.pool, universityId, words, 3)
  const names = people.map(({ username, email, userId }) => username ?? email ?? String(userId))
  if (totalCount === 1) return `did you mean ${quoted(names[0] ?? '')}?`
  return totalCount === 0
    ? 'people appear once they create an account, sign in through a directory, or are imported.'
    : `"people find" finds ${totalCount}, for example ${names.map(quoted).join(', ')}.`
}

/** A live space with its path. */
interface PickedSpace {
  space: ExistingSpace
  path: string
}

/** The space at a path such as "Library/Floor 1/Room 101", or with a number; "/" is the university's own space. None that was never public. [IMP-12] */
export async function pickSpace(
  world: AdminWorld,
  university: University,
  pathTyped: string,
): Promise<Decision<PickedSpace, AdminRefusal>> {
  const spaces = spacesByPath(await loadSpaces(world.pool, university.id))
  const wanted = pathText(parsePath(pathTyped).map(normaliseName))
  const space = spaces.get(wanted)
  if (space !== undefined) return accept({ space, path: wanted })
  const numbered = [...spaces].find(([, { id }]) => String(id) === wanted)
  if (numbered !== undefined) return accept({ space: numbered[1], path: numbered[0] })
  const name = wanted.split('/').at(-1)?.toLowerCase() ?? ''
  const alike = [...spaces.keys()].filter((path) => name !== '' && path.toLowerCase().includes(name))
  const meant = alike[0] ?? nearestName(wanted, [...spaces.keys()])
  const hint = meant === null ? '"spaces tree" shows what there is.' : `did you mean ${quoted(meant)}?`
  return refusal(`There is no space at ${quoted(pathTyped)}; ${hint}`)
}

/** The role that was typed; null when none was. */
export function parseRole(typed: string | undefined): Decision<KioskRole | null, AdminRefusal> {
  if (typed === undefined) return accept(null)
  return ROLES.has(typed)
    ? accept(typed as KioskRole)
    : refusal(`There is no role ${quoted(typed)}; choose ${[...ROLES].join(' or ')}.`)
}

/** Where a kiosk is to stand, as `--university`, `--space` and `--role` say; `role` is null when none was typed. */
export async function pickAssignment(
  world: AdminWorld,
  input: AdminInput,
): Promise<Decision<PickedSpace & { university: University; role: KioskRole | null }, AdminRefusal>> {
  const university = await pickUniversity(world, input)
  if (!university.ok) return university
  const picked = await pickSpace(world, university.value, input.text('space') ?? '')
  if (!picked.ok) return picked
  const role = parseRole(input.text('role'))
  if (!role.ok) return role
  return accept({ ...picked.value, university: university.value, role: role.value })
}

/** The kiosk that a word names: by its number, or by its name where only one has it. */
export async function pickKiosk(
  world: AdminWorld,
  university: University,
  word: string,
): Promise<Decision<AdminKiosk, AdminRefusal>> {
  const kiosks = await loadAdminKiosks(world.pool, university.id)
  const byId = /^\d+$/.test(word) ? kiosks.find((kiosk) => kiosk.id === Number(word)) : undefined
  if (byId !== undefined) return accept(byId)
  const live = kiosks.filter((kiosk) => kiosk.revokedAtMs === null)
  const named = live.filter((kiosk) => kiosk.name === word)
  const [kiosk, second] = named
  if (second !== undefined)
    return refusal(
      `Several kiosks are called ${quoted(word)}. Use the number of one (${named.map((one) => one.id).join(', ')}).`,
    )
  if (kiosk !== undefined) return accept(kiosk)
  const meant = nearestName(
    word,
    live.map(({ name }) => name),
  )
  return refusal(
    `There is no kiosk ${quoted(word)}; ${meant === null ? '"kiosk list" shows them.' : `did you mean ${quoted(meant)}?`}`,
  )
}
