import { accept, type Decision } from '#shared/domain/decision.ts'
import { KioskRole } from '#shared/domain/kiosk.ts'
import { spacesByPath, type ExistingSpace } from '#shared/domain/space-tree-diff.ts'
import { normaliseName, parsePath, pathText, quoted } from '#shared/domain/space-tree.ts'
import { parseAddress } from '../platform/mail/address.ts'
import { loadAdminKiosks, type AdminKiosk } from '../kiosks/kiosk-rows.ts'
import { loadPeopleNamed, type KnownPerson } from '../accounts/person-rows.ts'
import { loadSpaces } from '../spaces/space-rows.ts'
import { loadUniversities, loadUniversityByDomain, type University } from '../universities/university-rows.ts'
import { refusal, type AdminInput, type AdminRefusal, type AdminWorld } from './answer.ts'

const ROLES: ReadonlySet<string> = new Set(KioskRole.enum)

/** The option that names a university; it may be left out where there is only one. */
export const UNIVERSITY_OPTION = { university: { type: 'string' } } as const

/** The university that `--university D` names by one of its domains. */
export async function pickUniversity(
  world: AdminWorld,
  input: AdminInput,
): Promise<Decision<University, AdminRefusal>> {
  const domain = input.text('university')?.trim().toLowerCase()
  if (domain !== undefined) {
    const found = await loadUniversityByDomain(world.pool, domain)
    if (found !== null) return accept(found)
    const known = (await loadUniversities(world.pool)).flatMap((one) => one.domains)
    return refusal(
      known.length === 0
        ? 'There is no university yet: "university add" makes one.'
        : `There is no university with the domain ${quoted(domain)}; there is ${known.join(', ')}.`,
    )
  }
  const [only, second] = await loadUniversities(world.pool)
  if (only === undefined) return refusal('There is no university yet: "university add" makes one.')
  if (second !== undefined)
    return refusal('There are several universities: say which one with --university DOMAIN.')
  return accept(only)
}

/** The one person of a university with a user name or an address, confirmed or not. */
export async function pickPerson(
  world: AdminWorld,
  { id, name }: University,
  word: string,
): Promise<Decision<KnownPerson, AdminRefusal>> {
  const typed = word.normalize('NFC').trim()
  const emailKey = parseAddress(typed)?.key ?? null
  const people = await loadPeopleNamed(world.pool, id, { username: typed, emailKey })
  const [person, second] = people
  if (person === undefined)
    return refusal(
      `${name} knows nobody called ${quoted(typed)}: they must have signed in, or been imported, before.`,
    )
  return second === undefined
    ? accept(person)
    : refusal(`${quoted(typed)} is ${people.length} people of ${name}: name one by the user name.`)
}

/** A live space with its path. */
interface PickedSpace {
  space: ExistingSpace
  path: string
}

/** The space at a path such as "Library/Floor 1/Room 101"; "/" is the university's own space. None that was never public. [IMP-12] */
async function pickSpace(
  world: AdminWorld,
  university: University,
  pathTyped: string,
): Promise<Decision<PickedSpace, AdminRefusal>> {
  const spaces = spacesByPath(await loadSpaces(world.pool, university.id))
  const wanted = pathText(parsePath(pathTyped).map(normaliseName))
  const space = spaces.get(wanted)
  if (space !== undefined) return accept({ space, path: wanted })
  const name = wanted.split('/').at(-1)?.toLowerCase() ?? ''
  const alike = [...spaces.keys()].filter((path) => name !== '' && path.toLowerCase().includes(name))
  const hint =
    alike.length === 0 ? '"spaces tree" shows what there is.' : `did you mean ${quoted(alike[0] ?? '')}?`
  return refusal(`There is no space at ${quoted(pathTyped)}; ${hint}`)
}

/** The role that was typed; null when none was. */
function parseRole(typed: string | undefined): Decision<KioskRole | null, AdminRefusal> {
  if (typed === undefined) return accept(null)
  return ROLES.has(typed)
    ? accept(typed as KioskRole)
    : refusal(`${quoted(typed)} is none of ${[...ROLES].join(', ')}.`)
}

/** Where a kiosk is to stand, as `--university`, `--space` and `--role` say; `role` is null when none was typed. */
export async function pickPlace(
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
  const named = kiosks.filter((kiosk) => kiosk.name === word && kiosk.revokedAtMs === null)
  const [kiosk, second] = named
  if (kiosk === undefined) return refusal(`There is no kiosk ${quoted(word)}; "kiosk list" shows them.`)
  if (second !== undefined)
    return refusal(
      `Several kiosks are called ${quoted(word)}: name one by its number (${named.map((one) => one.id).join(', ')}).`,
    )
  return accept(kiosk)
}
