import { pathsOfSpaces } from '#shared/domain/space-tree-diff.ts'
import { pathText, quoted } from '#shared/domain/space-tree.ts'
import type { KioskRole } from '#shared/domain/kiosk.ts'
import { accept, type Decision } from '#shared/domain/decision.ts'
import { createEnrolment, DEFAULT_CODE_MINUTES } from '../kiosks/enrol-kiosk.ts'
import { loadSpaces } from '../spaces/space-rows.ts'
import {
  answer,
  refusal,
  type AdminAnswer,
  type AdminCommand,
  type AdminInput,
  type AdminRefusal,
  type AdminWorld,
} from './answer.ts'
import { pickKiosk, pickAssignment, pickUniversity, UNIVERSITY_OPTION } from './pick.ts'
import { makeTimes } from './times.ts'

/** A code is valid for a day at the longest. */
const MAX_CODE_MINUTES = 1440

function parseMinutes(typed: string | undefined): Decision<number, AdminRefusal> {
  if (typed === undefined) return accept(DEFAULT_CODE_MINUTES)
  const minutes = /^\d{1,5}$/.test(typed) ? Number(typed) : 0
  if (minutes >= 1 && minutes <= MAX_CODE_MINUTES) return accept(minutes)
  return refusal(`--minutes ${quoted(typed)} is not a number from 1 to ${MAX_CODE_MINUTES}.`)
}

interface WantedCode {
  universityId: number
  /** Of the university. */
  timezone: string
  spaceId: number
  path: string
  role: KioskRole
  replacesKioskId?: number
}

async function makeCode(
  world: AdminWorld,
  input: AdminInput,
  wanted: WantedCode,
): Promise<Decision<AdminAnswer, AdminRefusal>> {
  const minutes = parseMinutes(input.text('minutes'))
  if (!minutes.ok) return minutes
  const { path, timezone, ...enrolment } = wanted
  const { code, expiresAt } = await createEnrolment(world.pool, {
    ...enrolment,
    minutes: minutes.value,
    actor: 'cli',
  })
  const times = makeTimes(timezone)
  const place = path === '' ? 'the whole university' : quoted(path)
  const text = [
    `code ${code}`,
    `It makes one device a kiosk (${wanted.role}) for ${place}, until ${times.minute(expiresAt.getTime())} (${times.zone}). It is shown only once.`,
    `On the device: npm run kiosk -- --name NAME --hub ${world.hubUrl ?? 'URL'}   (it asks for the code)`,
  ].join('\n')
  const { role, universityId, spaceId } = wanted
  const replaced = wanted.replacesKioskId === undefined ? {} : { replacesKioskId: wanted.replacesKioskId }
  return answer(text, {
    code,
    expiresAt: expiresAt.toISOString(),
    hubUrl: world.hubUrl,
    universityId,
    spaceId,
    path,
    role,
    ...replaced,
  })
}

const MINUTES_HELP = `  --minutes N      how long the code is valid: ${DEFAULT_CODE_MINUTES} by default, ${MAX_CODE_MINUTES} at most`

/** `kiosk code`. [SYN-20] */
export const kioskCode: AdminCommand = {
  name: 'kiosk code',
  aliases: ['kiosk add', 'kiosk new'],
  usage: '[--university D] --space "Library/Floor 1/Room 101" [--role door|entrance] [--minutes N]',
  summary: 'creates a one-time enrolment code with which a device becomes a kiosk',
  example: 'kiosk code --space "Library/Floor 1/Room 101"',
  help: `  --space PATH     the space that it is assigned to; "/" is the university's own
  --role R         door or entrance; by default door for a single room, and entrance for a place with rooms
${MINUTES_HELP}`,
  options: {
    ...UNIVERSITY_OPTION,
    space: { type: 'string' },
    role: { type: 'string' },
    minutes: { type: 'string' },
  },
  required: ['space'],
  run: async (world, input) => {
    const picked = await pickAssignment(world, input)
    if (!picked.ok) return picked
    const { university, space, path, role } = picked.value
    const spaces = await loadSpaces(world.pool, university.id)
    // A room with nothing but hidden spaces in it is still a door, not an entrance. [TRE-13]
    const holds = spaces.some(({ parentId, onKiosks }) => parentId === space.id && onKiosks)
    const usual: KioskRole = holds ? 'entrance' : 'door'
    return makeCode(world, input, {
      universityId: university.id,
      spaceId: space.id,
      path,
      role: role ?? usual,
      timezone: university.timezone,
    })
  },
}

/** `kiosk replace`. [SYN-20] */
export const kioskReplace: AdminCommand = {
  name: 'kiosk replace',
  usage: '[--university D] KIOSK [--minutes N]',
  summary:
    "creates an enrolment code for a device that takes over a kiosk's space, name and settings; the old one is then switched off",
  example: 'kiosk replace "door 101"',
  help: `  KIOSK            its number, or its name
${MINUTES_HELP}`,
  options: { ...UNIVERSITY_OPTION, minutes: { type: 'string' } },
  words: [1, 1],
  run: async (world, input) => {
    const university = await pickUniversity(world, input)
    if (!university.ok) return university
    const kiosk = await pickKiosk(world, university.value, input.words[0] ?? '')
    if (!kiosk.ok) return kiosk
    const { id, spaceId, role } = kiosk.value
    const path = pathsOfSpaces(await loadSpaces(world.pool, university.value.id)).get(spaceId)
    if (path === undefined)
      return refusal(`The space of kiosk ${id} was deleted. Assign it to another one first: "kiosk move".`)
    return makeCode(world, input, {
      universityId: university.value.id,
      spaceId,
      path: pathText(path),
      role,
      timezone: university.value.timezone,
      replacesKioskId: id,
    })
  },
}
