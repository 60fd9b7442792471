import { quoted } from '#shared/domain/space-tree.ts'
import { loadChanges } from '../audit/change-log-rows.ts'
import { answer, refusal, type AdminCommand } from './answer.ts'
import { pickUniversity, UNIVERSITY_OPTION } from './pick.ts'
import { formatTable } from './table.ts'

/** `log`. */
export const log: AdminCommand = {
  name: 'log',
  usage: '[--university D] [--all] [--count N]',
  summary: 'shows who did what, newest first',
  help: `  --all            acts that concern the whole installation instead of one university
  --count N        how many: 50 unless said`,
  options: { ...UNIVERSITY_OPTION, all: { type: 'boolean' }, count: { type: 'string', default: '50' } },
  run: async (world, input) => {
    const typed = input.text('count') ?? ''
    if (!/^[1-9]\d{0,5}$/.test(typed)) return refusal(`${quoted(typed)} is no number of acts.`)
    const university = input.isSet('all') ? null : await pickUniversity(world, input)
    if (university !== null && !university.ok) return university
    const universityId = university?.value.id ?? null
    const changes = await loadChanges(world.pool, universityId, Number(typed))
    const rows = changes.map((change) => [
      change.id,
      new Date(change.atMs).toISOString(),
      change.actor,
      `${change.service} ${change.subject}`,
      JSON.stringify(change.log),
    ])
    return answer(formatTable(['id', 'time', 'who', 'what', ''], rows), { universityId, changes })
  },
}
