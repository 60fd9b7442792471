import { accept, refuse, type Decision } from './decision.ts'
import { decideGroupDescription, decideGroupName } from './group-name.ts'
import type { Group } from './group.ts'
import { quoted } from './space-tree.ts'

/** A group as a list wants it. What the list does not say is undefined, and stays as it is. [IMP-2] */
export interface ListedGroup {
  name: string
  gidNumber?: number
  description?: string
}

/** Why a list of groups is not taken. A closed list. [IMP-1] */
export type GroupListFaultKind = 'badName' | 'badGidNumber' | 'badDescription' | 'duplicateName'

/** One fault: the line, what sort, and what was found there. */
export interface GroupListFault {
  line: number
  why: GroupListFaultKind
  detail: string
}

const MAX_GID_NUMBER = 4_294_967_295
const GID_NUMBER = /^gidNumber\s*=([^,]*)(?:,(.*))?$/i

/**
 * Reads a list with one group in a line, `name[, gidNumber = N][, description]`; empty lines and those that begin with
 * "#" are skipped. Taken whole or not at all. [IMP-1]
 */
export function parseGroupList(text: string): Decision<ListedGroup[], GroupListFault[]> {
  const groups = new Map<string, { line: number; group: ListedGroup }>()
  const faults: GroupListFault[] = []
  for (const [index, raw] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    const line = index + 1
    if (raw.trim() === '' || raw.trimStart().startsWith('#')) continue
    const read = parseLine(raw)
    if (!read.ok) {
      faults.push({ line, ...read.refusal })
      continue
    }
    const key = read.value.name.toLowerCase()
    const twin = groups.get(key)
    if (twin === undefined) groups.set(key, { line, group: read.value })
    else {
      const detail = `${quoted(read.value.name)} is already in line ${twin.line}`
      faults.push({ line, why: 'duplicateName', detail })
    }
  }
  return faults.length > 0 ? refuse(faults) : accept([...groups.values()].map(({ group }) => group))
}

function parseLine(line: string): Decision<ListedGroup, Omit<GroupListFault, 'line'>> {
  const [typedName = '', ...others] = line.split(',')
  const name = decideGroupName(typedName)
  if (!name.ok)
    return refuse({ why: 'badName', detail: `${quoted(typedName.trim())} cannot be the name of a group` })
  const rest = others.join(',').trim()
  const [, typedNumber, afterNumber] = GID_NUMBER.exec(rest) ?? []
  const number = typedNumber?.trim()
  if (number !== undefined && !(/^\d{1,10}$/.test(number) && Number(number) <= MAX_GID_NUMBER))
    return refuse({
      why: 'badGidNumber',
      detail: `${quoted(number)} is not a gidNumber: a whole number up to ${MAX_GID_NUMBER}`,
    })
  const description = decideGroupDescription(number === undefined ? rest : (afterNumber ?? ''))
  if (!description.ok)
    return refuse({
      why: 'badDescription',
      detail: 'the description is too long or has invisible characters',
    })
  return accept({
    name: name.value,
    ...(number === undefined ? {} : { gidNumber: Number(number) }),
    ...(description.value === null ? {} : { description: description.value }),
  })
}

/** What a list would do to the groups of a university; matched by name, whatever the case. [IMP-2] */
export interface GroupListDifference {
  create: { name: string; gidNumber: number | null; description: string | null }[]
  update: {
    id: number
    name: string
    gidNumber: number | null
    description: string | null
    changed: string[]
  }[]
  unchangedCount: number
}

/** Compares a list with the groups that are there. What the list does not name stays. [IMP-2] */
export function diffGroupList(
  existing: readonly Pick<Group, 'id' | 'name' | 'gidNumber' | 'description'>[],
  listed: readonly ListedGroup[],
): GroupListDifference {
  const byName = new Map(existing.map((group) => [group.name.toLowerCase(), group]))
  const difference: GroupListDifference = { create: [], update: [], unchangedCount: 0 }
  for (const { name, ...said } of listed) {
    const group = byName.get(name.toLowerCase())
    if (group === undefined) {
      difference.create.push({ name, gidNumber: null, description: null, ...said })
      continue
    }
    const before = { gidNumber: group.gidNumber, description: group.description }
    const after = { ...before, ...said }
    const changed = (['gidNumber', 'description'] as const).filter((fact) => before[fact] !== after[fact])
    if (changed.length > 0) difference.update.push({ id: group.id, name: group.name, ...after, changed })
    else difference.unchangedCount += 1
  }
  return difference
}
