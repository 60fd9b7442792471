import { nearestName } from '#shared/domain/nearest-name.ts'
import { quoted } from '#shared/domain/space-tree.ts'
import { loadGroups, loadMembers } from '../groups/group-rows.ts'
import { answer, refusal, type AdminCommand } from './answer.ts'
import { COUNT_OPTION, moreThan, parseCount, pickUniversity, UNIVERSITY_OPTION } from './pick.ts'

/** `groups list`. */
export const groupsList: AdminCommand = {
  name: 'groups list',
  usage: '[--university D]',
  summary: 'lists the groups of a university, the super group first',
  example: 'groups list',
  options: UNIVERSITY_OPTION,
  run: async (world, input) => {
    const university = await pickUniversity(world, input)
    if (!university.ok) return university
    const { id: universityId } = university.value
    const groups = await loadGroups(world.pool, universityId)
    const columns = ['name', 'members', 'gidNumber', 'description', '']
    const rows = groups.map((group) => [
      group.name,
      group.memberCount,
      group.gidNumber ?? '-',
      group.description ?? '',
      group.isSuper ? 'super group' : '',
    ])
    const next = groups.length === 1 ? ['"groups import" adds groups from a list, or the usual ones.'] : []
    return answer([{ columns, rows }, ...next], { universityId, groups })
  },
}

/** `groups show`. */
export const groupsShow: AdminCommand = {
  name: 'groups show',
  usage: '[--university D] GROUP [--count N]',
  summary: 'shows one group and its members, administrators first',
  help: `  GROUP            its name, in any case
  --count N        how many members at most: 50 by default`,
  example: 'groups show cspace',
  options: { ...UNIVERSITY_OPTION, ...COUNT_OPTION },
  words: [1, 1],
  run: async (world, input) => {
    const count = parseCount(input)
    if (!count.ok) return count
    const university = await pickUniversity(world, input)
    if (!university.ok) return university
    const { id: universityId } = university.value
    const typed = (input.words[0] ?? '').normalize('NFC').trim()
    const groups = await loadGroups(world.pool, universityId)
    const group = groups.find(({ name }) => name.toLowerCase() === typed.toLowerCase())
    if (group === undefined) {
      const meant = nearestName(
        typed,
        groups.map(({ name }) => name),
      )
      return refusal(
        `There is no group ${quoted(typed)}; ${meant === null ? '"groups list" shows all.' : `did you mean ${quoted(meant)}?`}`,
      )
    }
    const members = await loadMembers(world.pool, group.id)
    const facts: [string, string][] = [
      ['name', group.name],
      ['description', group.description ?? '-'],
      ['gidNumber', group.gidNumber === null ? '-' : String(group.gidNumber)],
      ['kind', group.isSuper ? 'super group: manages the university' : 'group'],
      ['members', String(members.length)],
    ]
    const rows = members
      .slice(0, count.value)
      .map(({ name, email, permission, isFromDirectory, userId }) => [
        name,
        email ?? '-',
        permission,
        isFromDirectory ? 'directory' : 'by hand',
        userId,
      ])
    const next = group.isSuper
      ? 'No one is in it yet. "super WHO" makes someone its administrator.'
      : 'No one is in it yet. Its administrators and the super group add members in the portal.'
    return answer(
      [
        { columns: null, rows: facts },
        '',
        ...(members.length === 0
          ? [next]
          : [{ columns: ['member', 'email', 'role', 'added', 'number'], rows }]),
        ...moreThan(rows.length, members.length),
      ],
      { universityId, group, members },
    )
  },
}
