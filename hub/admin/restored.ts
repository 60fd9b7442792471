import { loadUniversities } from '../store/universities.ts'
import type { Database } from '../store/database.ts'
import { answer, type AdminCommand } from './answer.ts'
import { pickUniversity, UNIVERSITY_OPTION } from './pick.ts'
import { rollEpoch } from '../sync/roll-epoch.ts'

/** Rolls the epoch of one university, or of all when the id is null; gives the names of those. [SYN-17] */
export async function rollEpochs(pool: Database, universityId: number | null): Promise<string[]> {
  const all = await loadUniversities(pool)
  const chosen = all.filter((one) => universityId === null || one.id === universityId)
  for (const university of chosen) await rollEpoch(pool, university.id, 'cli', 'restored')
  return chosen.map((one) => one.name)
}

/** `restored`. [SYN-17] [SYN-18] */
export const restored: AdminCommand = {
  name: 'restored',
  usage: '[--university D]',
  summary:
    'says that the database was put back to an earlier state: kiosks start afresh and offer again what they hold',
  help: `After a restore by PostgreSQL's own means. Without --university it holds for all. ("restore" says it by itself.)`,
  options: UNIVERSITY_OPTION,
  run: async (world, input) => {
    const university = input.text('university') === undefined ? null : await pickUniversity(world, input)
    if (university !== null && !university.ok) return university
    const names = await rollEpochs(world.pool, university?.value.id ?? null)
    return answer(
      names.length === 0 ? 'There is no university yet.' : `A new epoch began for ${names.join(', ')}.`,
      {
        universities: names,
      },
    )
  },
}
