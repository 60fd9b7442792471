import { makeRandomSource } from '../platform/clock.ts'
import { rollEpoch } from '../platform/writer/epoch.ts'
import { loadUniversities } from '../universities/university-rows.ts'
import { answer, type AdminCommand } from './answer.ts'
import { confirm, YES_OPTION } from './confirm.ts'
import { pickUniversity, UNIVERSITY_OPTION } from './pick.ts'

/** `restored`. [SYN-17] [SYN-18] [IMP-16] */
export const restored: AdminCommand = {
  name: 'restored',
  usage: '[--university D] [--yes]',
  summary:
    'tells kiosks that the database was put back to an earlier state: they reload their data and send their recent reports again',
  help: `Needed after a restore with PostgreSQL's own tools; "restore" does it by itself. Without --university: for all.`,
  example: 'restored',
  options: { ...UNIVERSITY_OPTION, ...YES_OPTION },
  run: async (world, input) => {
    const one = input.text('university') === undefined ? null : await pickUniversity(world, input)
    if (one !== null && !one.ok) return one
    const chosen = one === null ? await loadUniversities(world.pool) : [one.value]
    const names = chosen.map((university) => university.name)
    const about = `All kiosks of ${names.join(', ')} will reload their data and send their reports of the last 7 days again.`
    const confirmed = names.length === 0 ? null : await confirm(input, { about, word: null })
    if (confirmed?.ok === false) return confirmed
    const by = { actor: 'cli', random: makeRandomSource() }
    // Those that were asked about, and none that was added meanwhile.
    for (const { id } of chosen) await rollEpoch(world.pool, id, 'restored', by)
    const text =
      names.length === 0
        ? 'There is no university yet. "university add" creates one.'
        : `All kiosks of ${names.join(', ')} reload their data.`
    return answer(text, { universities: names })
  },
}
