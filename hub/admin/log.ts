import { loadChanges } from '../audit/change-log-rows.ts'
import { answer, type AdminCommand } from './answer.ts'
import { COUNT_OPTION, parseCount, pickUniversity, UNIVERSITY_OPTION } from './pick.ts'
import { makeTimes } from './times.ts'

/** `log`. */
export const log: AdminCommand = {
  name: 'log',
  usage: '[--university D] [--all] [--count N]',
  summary: 'shows who did what, newest first',
  help: `  --all            what concerns the whole installation instead of one university
  --count N        how many: 50 by default`,
  example: 'log --count 200',
  options: { ...UNIVERSITY_OPTION, ...COUNT_OPTION, all: { type: 'boolean' } },
  run: async (world, input) => {
    const count = parseCount(input)
    if (!count.ok) return count
    const university = input.isSet('all') ? null : await pickUniversity(world, input)
    if (university !== null && !university.ok) return university
    const universityId = university?.value.id ?? null
    const changes = await loadChanges(world.pool, universityId, count.value)
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
      change.actor,
      `${change.service} ${change.subject}`,
      detailsOf(change.log),
    ])
    const columns = ['id', `time (${times.zone})`, 'who', 'what', 'details']
    return answer({ columns, rows }, { universityId, changes })
  },
}

/** "key staleMs, from 7200000, to 3600000"; what has parts of its own is in brackets. */
function detailsOf(facts: object): string {
  return Object.entries(facts)
    .map(([key, value]: [string, unknown]) => `${key} ${detailOf(value)}`)
    .join(', ')
}

function detailOf(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(detailOf).join(', ')
  if (typeof value === 'object' && value !== null) return `(${detailsOf(value)})`
  return String(value)
}
