import { makeRandomSource } from '../platform/clock.ts'
import { rollEpoch } from '../platform/writer/epoch.ts'
import { loadUniversities } from '../universities/university-rows.ts'
import { answer, type AdminCommand } from './answer.ts'
import { pickUniversity, UNIVERSITY_OPTION } from './pick.ts'

/** `restored`. [SYN-17] [SYN-18] */
export const restored: AdminCommand = {
  name: 'restored',
  usage: '[--university D]',
  summary:
    'says that the database was put back to an earlier state: kiosks start afresh and offer again what they hold',
  help: `After a restore by PostgreSQL's own means. Without --university it holds for all. ("restore" says it by itself.)`,
  options: UNIVERSITY_OPTION,
  run: async (world, input) => {
    const one = input.text('university') === undefined ? null : await pickUniversity(world, input)
    if (one !== null && !one.ok) return one
    const by = { actor: 'cli', random: makeRandomSource() }
    await rollEpoch(world.pool, one?.value.id ?? 'all', 'restored', by)
    const chosen = one === null ? await loadUniversities(world.pool) : [one.value]
    const names = chosen.map((university) => university.name)
    const text =
      names.length === 0 ? 'There is no university yet.' : `A new epoch began for ${names.join(', ')}.`
    return answer(text, { universities: names })
  },
}
