import { accept, type Decision } from '#shared/domain/decision.ts'
import { faultOfName, normaliseName, parsePath, pathText, quoted } from '#shared/domain/space-tree.ts'
import type { University } from '../universities/university-rows.ts'
import {
  answer,
  refusal,
  type AdminCommand,
  type AdminInput,
  type AdminRefusal,
  type AdminWorld,
} from './answer.ts'
import { KEPT_TABLES, TABLE_NAMES } from './import-columns.ts'
import { commitTables, previewTables, type TablesOutcome } from './import-commit.ts'
import { readFolder, type TableFault } from './import-folder.ts'
import type { RoomPlaces } from './import-plan.ts'
import { pickSpace, pickUniversity, UNIVERSITY_OPTION } from './pick.ts'
import { cut, ignoredLine } from './text-file.ts'

/** `import`. [IMP-4] [IMP-5] [IMP-6] [IMP-7] */
export const tablesImport: AdminCommand = {
  name: 'import',
  usage: '[--university D] FOLDER [--below PATH] [--floors NAME] [--dry-run]',
  summary: 'imports people, groups, rooms and bookings from the tables of the previous system',
  example: 'import /data/old-tables --below "Library" --dry-run',
  help: `  FOLDER           one CSV file per table, with a line of column names:
                   ${TABLE_NAMES.map((name) => `${name}.csv`).join(', ')}
  --below PATH     the space that the rooms are in; without it the university's own
  --floors NAME    what floors are called: "Floor {floor}" by default; empty: rooms are directly in PATH
  --dry-run        shows what would change, and changes nothing

What is missing is added and what is empty is filled in; what is known stays, and memberships are raised but never
lowered. People are matched by username, groups by name, rooms by path. No one gets a password: people sign in once a
directory knows their username. ${KEPT_TABLES.join(', ')} are kept as they are
until there is a use for them. Times without a zone are UTC. One bad row, and nothing is imported; each is named. Reports
wait while it runs.`,
  options: {
    ...UNIVERSITY_OPTION,
    below: { type: 'string', default: '/' },
    floors: { type: 'string', default: 'Floor {floor}' },
    'dry-run': { type: 'boolean' },
  },
  words: [1, 1],
  run: async (world, input) => {
    const university = await pickUniversity(world, input)
    if (!university.ok) return university
    const { id: universityId, name } = university.value
    const places = await pickPlaces(world, university.value, input)
    if (!places.ok) return places
    const folder = await readFolder(input.file(0) ?? '')
    if (!folder.ok)
      return 'faults' in folder.refusal
        ? refused(folder.refusal.faults)
        : { ok: false, refusal: folder.refusal }
    const { tables, ignored } = folder.value
    const isDryRun = input.isSet('dry-run')
    const done = isDryRun
      ? await previewTables(world.pool, universityId, tables, places.value)
      : await commitTables(world.pool, universityId, tables, places.value)
    if (!done.ok) return refused(done.refusal.map(({ at, detail }) => ({ file: at, line: null, detail })))
    return answer(describe(done.value, name, ignored, isDryRun), {
      universityId,
      isDryRun,
      ignored,
      ...done.value.plan,
      spaces: done.value.spaces.difference,
    })
  },
}

async function pickPlaces(
  world: AdminWorld,
  university: University,
  input: AdminInput,
): Promise<Decision<RoomPlaces, AdminRefusal>> {
  const picked = await pickSpace(world, university, input.text('below') ?? '/')
  if (!picked.ok) return picked
  const below = parsePath(picked.value.path)
  const floors = normaliseName(input.text('floors') ?? '')
  if (floors !== '' && (!floors.includes('{floor}') || faultOfName(floors) !== null))
    return refusal(
      `--floors ${quoted(floors)} was not accepted: write {floor} where the floor of the table belongs.`,
    )
  return accept({ below, floors })
}

function refused(faults: readonly TableFault[]): { ok: false; refusal: AdminRefusal } {
  const lines = faults.map(
    ({ file, line, detail }) => `  ${file}${line === null ? '' : ` line ${line}`}: ${detail}`,
  )
  const count = `${faults.length} ${faults.length === 1 ? 'error' : 'errors'}`
  return refusal(
    [`Nothing was imported; there ${faults.length === 1 ? 'is' : 'are'} ${count}:`, ...cut(lines)].join('\n'),
    {
      faults,
    },
  )
}

function describe({ plan, spaces }: TablesOutcome, name: string, ignored: string[], isDry: boolean): string {
  const { users, groups, memberships, kept } = plan
  const { difference } = spaces
  const member = (
    sign: string,
    { username, group, permission }: (typeof memberships.create)[number],
  ): string => `  ${sign} ${quoted(username)} in ${quoted(group)} as ${permission}`
  const lines = [
    ...users.create.map(({ username }) => `  + user ${quoted(username)}`),
    ...users.change.map(({ username }) => `  ~ user ${quoted(username)}`),
    ...groups.create.map((group) => `  + group ${quoted(group.name)}`),
    ...groups.change.map((group) => `  ~ group ${quoted(group.name)}`),
    ...memberships.create.map((one) => member('+', one)),
    ...memberships.change.map((one) => member('~', one)),
    ...difference.create.map(({ path, facts }) => `  + ${pathText(path)} (${facts.kind})`),
    ...difference.update.map(({ path, changed }) => `  ~ ${pathText(path)}: ${changed.join(', ')}`),
  ]
  const sum = (what: string, created: number, changed: number, unchanged: number): string =>
    `${what}: ${created} new, ${changed} changed, ${unchanged} unchanged`
  return [
    ...cut(lines),
    ...ignoredLine(ignored),
    sum('users', users.create.length, users.change.length, users.unchangedCount),
    sum('groups', groups.create.length, groups.change.length, groups.unchangedCount),
    sum('memberships', memberships.create.length, memberships.change.length, memberships.unchangedCount),
    sum('spaces', difference.create.length, difference.update.length, difference.unchangedCount),
    sum('rows kept for later', kept.create.length, kept.change.length, kept.unchangedCount),
    isDry ? `${name}: nothing was changed.` : `${name}: done.`,
  ].join('\n')
}
