import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import { faultOfText, normaliseName, quoted } from '#shared/domain/space-tree.ts'
import { Locale } from '#shared/domain/university.ts'
import { makeLocalClock } from '#shared/domain/week-time.ts'
import { makeChance } from '../clock.ts'
import { hashPin, makePin } from '../identity/pin.ts'
import { appendChange } from '../store/change-logs.ts'
import { transaction, type Database } from '../store/database.ts'
import { insertSpaces, takeSpaceIds } from '../store/spaces.ts'
import {
  insertUniversity,
  loadUniversities,
  loadUniversityTwins,
  updatePinHash,
} from '../store/universities.ts'
import { answer, refusal, type AdminCommand, type AdminRefusal } from './answer.ts'
import { pickUniversity, UNIVERSITY_OPTION } from './pick.ts'
import { formatTable } from './table.ts'

const DOMAIN = /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/
const LOCALES: ReadonlySet<string> = new Set(Locale.enum)

/** Clock of a university's first commit, which makes its own space. */
const FIRST_CLOCK = 1

/** A new university as it is wished for. */
export interface UniversityWish {
  name: string
  domains: string[]
  timezone: string
  locale: Locale
}

/** Checks what was typed; the refusal is one sentence. */
export function decideUniversity(typed: {
  name: string
  domain: string
  timezone: string
  locale: string
}): Decision<UniversityWish, string> {
  const name = normaliseName(typed.name)
  const wrong = name === '' ? 'it is empty' : faultOfText(typed.name, 120)
  if (wrong !== null) return refuse(`The name ${quoted(typed.name)} cannot be used: ${wrong}.`)
  const domains = [
    ...new Set(typed.domain.split(',').map((domain) => domain.trim().toLowerCase().replace(/^@/, ''))),
  ]
  const strange = domains.find((domain) => !DOMAIN.test(domain))
  if (strange !== undefined) return refuse(`${quoted(strange)} is no e-mail domain such as example.edu.`)
  if (!LOCALES.has(typed.locale))
    return refuse(`${quoted(typed.locale)} is none of ${[...LOCALES].join(', ')}.`)
  const timezone = typed.timezone.trim()
  // An offset such as +01:00 would be taken by Intl, and knows nothing of summer time. [HRS-3]
  if (!/^[A-Za-z][A-Za-z0-9_+/-]*$/.test(timezone) || !isZone(timezone))
    return refuse(`${quoted(timezone)} is no time zone such as Europe/Ljubljana or Asia/Taipei.`)
  return accept({ name, domains, timezone, locale: typed.locale as Locale })
}

function isZone(timezone: string): boolean {
  try {
    makeLocalClock(timezone)
    return true
  } catch {
    return false
  }
}

/** Makes a university with its own space, which everything else hangs on. Refused when name or domain is taken. */
export async function commitUniversity(
  pool: Database,
  wish: UniversityWish,
  actor: string,
): Promise<Decision<{ id: number; spaceId: number; epoch: string }, AdminRefusal>> {
  const epoch = makeChance().secret(12)
  return transaction(pool, 'read committed', async (client) => {
    const twins = await loadUniversityTwins(client, wish.name, wish.domains)
    if (twins.length > 0)
      return refusal(`The name or domain is taken already, by ${twins.map(quoted).join(', ')}.`)
    const id = await insertUniversity(client, { ...wish, epoch, clock: FIRST_CLOCK })
    const [spaceId = 0] = await takeSpaceIds(client, 1)
    const facts = { location: null, details: {}, capacity: null, hours: { weekly: null, closures: [] } }
    // No lock of the university is needed: before this commits nobody knows of it.
    await insertSpaces(client, id, FIRST_CLOCK, [
      { id: spaceId, parentId: null, name: wish.name, kind: 'university', ...facts },
    ])
    await appendChange(client, {
      universityId: id,
      actor,
      service: 'universities',
      subject: 'add',
      log: { ...wish },
    })
    return accept({ id, spaceId, epoch })
  })
}

/** `university add`. */
export const universityAdd: AdminCommand = {
  name: 'university add',
  usage: '--name N --domain D --timezone Z [--locale L]',
  summary: 'makes a university with an empty tree',
  help: `  --name N       for example "University of the Marsh"
  --domain D     its e-mail domain, for example marsh.edu; several with commas between
  --timezone Z   IANA name, for example Europe/Ljubljana or Asia/Taipei
  --locale L     en (usual), sl or zh-TW`,
  options: {
    name: { type: 'string' },
    domain: { type: 'string' },
    timezone: { type: 'string' },
    locale: { type: 'string', default: 'en' },
  },
  required: ['name', 'domain', 'timezone'],
  run: async (world, input) => {
    const wish = decideUniversity({
      name: input.text('name') ?? '',
      domain: input.text('domain') ?? '',
      timezone: input.text('timezone') ?? '',
      locale: input.text('locale') ?? 'en',
    })
    if (!wish.ok) return refusal(wish.refusal)
    const made = await commitUniversity(world.pool, wish.value, 'cli')
    if (!made.ok) return made
    return answer(`${wish.value.name} is there, as number ${made.value.id}.`, {
      ...made.value,
      ...wish.value,
    })
  },
}

/** `university list`. */
export const universityList: AdminCommand = {
  name: 'university list',
  usage: '',
  summary: 'shows all universities',
  options: {},
  run: async (world) => {
    const universities = await loadUniversities(world.pool)
    const rows = universities.map((one) => [
      one.id,
      one.name,
      one.domains.join(', '),
      one.timezone,
      one.locale,
      one.spaceCount,
      one.kioskCount,
      one.hasPin ? 'yes' : 'no',
    ])
    const text = formatTable(
      ['id', 'name', 'domains', 'time zone', 'locale', 'spaces', 'kiosks', 'PIN'],
      rows,
    )
    return answer(text, { universities })
  },
}

/** `university pin`. [SYN-22] */
export const universityPin: AdminCommand = {
  name: 'university pin',
  usage: '[--university D]',
  summary: "makes a new PIN for the kiosks' diagnostics page and shows it this once",
  options: UNIVERSITY_OPTION,
  run: async (world, input) => {
    const university = await pickUniversity(world, input)
    if (!university.ok) return university
    const pin = makePin()
    const hash = await hashPin(pin)
    await transaction(world.pool, 'read committed', async (client) => {
      await updatePinHash(client, university.value.id, hash)
      await appendChange(client, {
        universityId: university.value.id,
        actor: 'cli',
        service: 'universities',
        subject: 'pin',
        log: {},
      })
    })
    return answer(
      `PIN ${pin}\nIt is shown this once and opens the diagnostics page of every kiosk of ${university.value.name}.`,
      {
        universityId: university.value.id,
        pin,
      },
    )
  },
}
