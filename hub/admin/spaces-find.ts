import { spacesByPath } from '#shared/domain/space-tree-diff.ts'
import { quoted } from '#shared/domain/space-tree.ts'
import type { SpaceTexts } from '#shared/domain/space.ts'
import type { OpeningHours } from '#shared/domain/week-time.ts'
import { loadAdminKiosks } from '../kiosks/kiosk-rows.ts'
import { loadSpaces } from '../spaces/space-rows.ts'
import { answer, type AdminCommand } from './answer.ts'
import { COUNT_OPTION, moreThan, parseCount, pickSpace, pickUniversity, UNIVERSITY_OPTION } from './pick.ts'

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
/** From Monday on. */
const WEEK = [1, 2, 3, 4, 5, 6, 0]

function clockText(minute: number): string {
  const hours = Math.floor(minute / 60)
  return `${String(hours).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`
}

/** "Mon-Fri 08:00-20:00; Sat 10:00-14:00", as a tree file writes them. [HRS-1] */
function hoursText({ weekly, closures }: OpeningHours): string {
  const dates = closures.length === 0 ? '' : `; ${closures.length} dates differ`
  if (weekly === null) return `those of the place above${dates}`
  const ofDay = (day: number): string =>
    weekly
      .filter(([one]) => one === day)
      .map(([, from, to]) => `${clockText(from)}-${clockText(to)}`)
      .join(', ')
  const runs: { first: number; last: number; text: string }[] = []
  for (const day of WEEK) {
    const text = ofDay(day)
    const run = runs.at(-1)
    if (run?.text === text) run.last = day
    else runs.push({ first: day, last: day, text })
  }
  const lines = runs
    .filter(({ text }) => text !== '')
    .map(({ first, last, text }) => `${DAYS[first]}${first === last ? '' : `-${DAYS[last]}`} ${text}`)
  return `${lines.join('; ') || 'closed'}${dates}`
}

/** `spaces find`. */
export const spacesFind: AdminCommand = {
  name: 'spaces find',
  aliases: ['spaces search'],
  usage: '[--university D] TEXT [--count N]',
  summary: 'finds spaces by a part of their path',
  help: `  TEXT             one or several words, in any case; all of them must be found
  --count N        how many at most: 50 by default`,
  example: 'spaces find "room 10"',
  options: { ...UNIVERSITY_OPTION, ...COUNT_OPTION },
  words: [1, 20],
  run: async (world, input) => {
    const count = parseCount(input)
    if (!count.ok) return count
    const university = await pickUniversity(world, input)
    if (!university.ok) return university
    const { id: universityId, name, locale } = university.value
    // In the order of the university's language, whatever this machine's is.
    const order = new Intl.Collator(locale, { numeric: true })
    const text = input.words.join(' ')
    const words = text.normalize('NFC').toLowerCase().split(/\s+/)
    const all = [...spacesByPath(await loadSpaces(world.pool, universityId))]
      .map(([path, space]) => ({ path, space }))
      .filter(({ path }) => path !== '' && words.every((word) => path.toLowerCase().includes(word)))
      .toSorted((one, other) => order.compare(one.path, other.path))
    const found = all.slice(0, count.value)
    const facts = {
      universityId,
      totalCount: all.length,
      spaces: found.map(({ path, space }) => ({
        id: space.id,
        path,
        kind: space.kind,
        capacity: space.capacity,
      })),
    }
    if (all.length === 0)
      return answer(`No space at ${name} matches ${quoted(text)}. "spaces tree" shows all.`, facts)
    const rows = found.map(({ path, space }) => [
      path,
      space.kind,
      space.capacity ?? '-',
      space.onKiosks ? '' : 'not on public screens',
      space.id,
    ])
    return answer(
      [{ columns: ['space', 'kind', 'seats', '', 'id'], rows }, ...moreThan(found.length, all.length)],
      facts,
    )
  },
}

/** A line for each language: "in sl: name Soba 101, equipment Zaslon, Tabla". [TXT-1] */
function textLines(texts: SpaceTexts): [string, string][] {
  return Object.entries(texts).map(([tag, text]) => [
    `in ${tag}`,
    Object.entries(text)
      .map(([field, said]) => `${field} ${Array.isArray(said) ? said.join(', ') : said}`)
      .join('; '),
  ])
}

/** `spaces show`. */
export const spacesShow: AdminCommand = {
  name: 'spaces show',
  usage: '[--university D] SPACE',
  summary: 'shows one space: kind, seats, opening hours, kiosks',
  help: `  SPACE            its path, such as "Library/Floor 1/Room 101", or the id that "spaces tree" shows; "/" is the university's
                   own space`,
  example: 'spaces show "Library/Floor 1/Room 101"',
  options: UNIVERSITY_OPTION,
  words: [1, 1],
  run: async (world, input) => {
    const university = await pickUniversity(world, input)
    if (!university.ok) return university
    const { id: universityId, timezone } = university.value
    const picked = await pickSpace(world, university.value, input.words[0] ?? '')
    if (!picked.ok) return picked
    const { space, path } = picked.value
    const spaces = spacesByPath(await loadSpaces(world.pool, universityId))
    const inside = [...spaces.values()].filter(({ parentId }) => parentId === space.id)
    const kiosks = (await loadAdminKiosks(world.pool, universityId)).filter(
      ({ spaceId, revokedAtMs }) => spaceId === space.id && revokedAtMs === null,
    )
    const details = Object.entries(space.details).map(([key, value]) => `${key} ${String(value)}`)
    const rows: [string, string][] = [
      ['space', path || '/'],
      ['name', space.name],
      ['number', String(space.id)],
      ['kind', space.kind],
      ['location', space.location ?? '-'],
      ['seats', space.capacity === null ? '-' : String(space.capacity)],
      ['details', details.join(', ') || '-'],
      ...textLines(space.texts ?? {}),
      ['opening hours', `${hoursText(space.hours)} (${timezone})`],
      ['public screens', space.onKiosks ? 'shown' : 'not shown'],
      ['inside', inside.map(({ name }) => name).join(', ') || 'nothing'],
      ['kiosks', kiosks.map(({ id, name }) => `${id} ${name}`).join(', ') || 'none'],
    ]
    return answer(
      { columns: null, rows },
      { universityId, ...space, path, kiosks: kiosks.map(({ id, name, role }) => ({ id, name, role })) },
    )
  },
}
