import { quoted } from '#shared/domain/space-tree.ts'
import { decideUniversity, makeUniversity } from '../universities/make-university.ts'
import { hashPin, makePin } from '../kiosks/pin.ts'
import { appendChange } from '../platform/postgres/append-change.ts'
import { transaction } from '../platform/postgres/database.ts'
import { loadUniversities, updatePinHash } from '../universities/university-rows.ts'
import { answer, refusal, type AdminCommand } from './answer.ts'
import { pickUniversity, UNIVERSITY_OPTION } from './pick.ts'
import { formatTable } from './table.ts'

/** `university add`. */
export const universityAdd: AdminCommand = {
  name: 'university add',
  usage: '--name N --domain D --timezone Z [--locale L]',
  summary: 'makes a university with an empty tree and a super group without members',
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
  isFirst: true,
  run: async (world, input) => {
    const wish = decideUniversity({
      name: input.text('name') ?? '',
      domains: (input.text('domain') ?? '').split(','),
      timezone: input.text('timezone') ?? '',
      locale: input.text('locale') ?? 'en',
    })
    if (!wish.ok) return refusal(wish.refusal.sentence)
    const made = await transaction(world.pool, 'read committed', (client) =>
      makeUniversity(client, wish.value, { actor: 'cli' }),
    )
    if (!made.ok)
      return refusal(`The name or domain is taken already, by ${made.refusal.map(quoted).join(', ')}.`)
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
