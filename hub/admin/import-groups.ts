import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { accept, type Decision } from '#shared/domain/decision.ts'
import {
  diffGroupList,
  parseGroupList,
  type GroupListDifference,
  type ListedGroup,
} from '#shared/domain/group-list.ts'
import { quoted } from '#shared/domain/space-tree.ts'
import { appendChange } from '../platform/postgres/append-change.ts'
import { transaction, type Database, type Transaction } from '../platform/postgres/database.ts'
import { insertGroup, loadGroups, lockGroupNames, updateListedGroups } from '../groups/group-rows.ts'
import { answer, refusal, type AdminCommand, type AdminRefusal } from './answer.ts'
import { pickUniversity, UNIVERSITY_OPTION } from './pick.ts'
import { cut, readTextFile } from './text-file.ts'

/** The groups that a university begins with. */
export const DEFAULT_GROUP_LIST = fileURLToPath(
  new URL('../../resources/default-groups.txt', import.meta.url),
)

/** `groups import`. [IMP-1] [IMP-2] */
export const groupsImport: AdminCommand = {
  name: 'groups import',
  usage: '[--university D] [FILE] [--dry-run]',
  summary: 'adds the groups of a list, and sets the directory numbers they follow',
  help: `  FILE             a group in each line: name[, gidNumber = N][, description]; without it the list that comes with Carrel
  --dry-run        shows what would change, and changes nothing

Groups are matched by name. What the list does not name stays, and so does what it does not say. People who are in the
directory's group with that gidNumber become members at their next sign-in. A file with an error is not imported at all.`,
  example: 'groups import groups.txt --dry-run',
  options: { ...UNIVERSITY_OPTION, 'dry-run': { type: 'boolean' } },
  words: [0, 1],
  run: async (world, input) => {
    const university = await pickUniversity(world, input)
    if (!university.ok) return university
    const file = input.file(0) ?? DEFAULT_GROUP_LIST
    const listed = await readGroupList(file)
    if (!listed.ok) return listed
    const { id: universityId, name } = university.value
    const isDryRun = input.isSet('dry-run')
    const difference = isDryRun
      ? diffGroupList(await loadGroups(world.pool, universityId), listed.value)
      : await commitGroupList(world.pool, universityId, listed.value, basename(file))
    return answer(describe(difference, name, isDryRun), { universityId, isDryRun, difference })
  },
}

/** Reads and checks a list of groups. Refused with each fault and its line. [IMP-1] */
export async function readGroupList(file: string): Promise<Decision<ListedGroup[], AdminRefusal>> {
  const text = await readTextFile(file)
  if (!text.ok) return text
  const listed = parseGroupList(text.value)
  if (listed.ok) return accept(listed.value)
  const faults = listed.refusal
  const lines = faults.map(({ line, detail }) => `  line ${line}: ${detail}`)
  const count = `${faults.length} ${faults.length === 1 ? 'error' : 'errors'}`
  return refusal([`${basename(file)} was not imported; it has ${count}:`, ...cut(lines)].join('\n'), {
    faults,
  })
}

async function commitGroupList(
  pool: Database,
  universityId: number,
  listed: readonly ListedGroup[],
  source: string,
): Promise<GroupListDifference> {
  return transaction(pool, 'read committed', (client) =>
    mergeGroupList(client, universityId, listed, { source, actor: 'cli' }),
  )
}

/** Makes and changes a university's groups as a list says, in the caller's transaction, and writes down what changed. [IMP-1] [IMP-2] [AUD-5] */
export async function mergeGroupList(
  client: Transaction,
  universityId: number,
  listed: readonly ListedGroup[],
  { source, actor }: { source: string; actor: string },
): Promise<GroupListDifference> {
  // The lock of all names: what was there before it may have changed.
  await lockGroupNames(client, universityId, '')
  const difference = diffGroupList(await loadGroups(client, universityId), listed)
  const { create, update, unchangedCount } = difference
  for (const group of create) await insertGroup(client, universityId, group)
  if (update.length > 0) await updateListedGroups(client, universityId, update)
  if (create.length + update.length === 0) return difference
  await appendChange(client, {
    universityId,
    actor,
    service: 'groups',
    subject: 'import',
    log: { source, create, update, unchangedCount },
  })
  return difference
}

function describe(
  { create, update, unchangedCount }: GroupListDifference,
  name: string,
  isDry: boolean,
): string {
  const number = (gidNumber: number | null): string => (gidNumber === null ? '' : ` (gidNumber ${gidNumber})`)
  const lines = [
    ...create.map((group) => `  + ${quoted(group.name)}${number(group.gidNumber)}`),
    ...update.map(
      (group) => `  ~ ${quoted(group.name)}${number(group.gidNumber)}: ${group.changed.join(', ')}`,
    ),
  ]
  return [
    ...cut(lines),
    `${name}: ${create.length} new, ${update.length} changed, ${unchangedCount} unchanged`,
    ...(isDry ? ['Nothing was changed.'] : []),
  ].join('\n')
}
