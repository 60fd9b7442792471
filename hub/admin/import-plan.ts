import { canonicalJson } from '#shared/domain/canonical-json.ts'
import type { Group, Permission } from '#shared/domain/group.ts'
import { type SpaceSpec, pathText } from '#shared/domain/space-tree.ts'
import type { ImportedUser, KeptRow, Membership, NamedUser } from './import-rows.ts'
import { KEPT_TABLES, REFERENCES, type OldTables, type Row } from './import-columns.ts'

/** What a university has already, as far as an import compares with it. */
export interface ExistingData {
  users: readonly NamedUser[]
  groups: readonly Group[]
  memberships: readonly Membership[]
  kept: readonly KeptRow[]
  /** Ids of live spaces by their path text. */
  spaceIds: ReadonlyMap<string, number>
}

/** A group that is to be made, or gets the description that it lacks. */
export interface ImportedGroup {
  name: string
  description: string | null
}

/** A membership by the names of both. */
export interface ImportedMembership {
  username: string
  group: string
  permission: Permission
}

interface Difference<One> {
  create: One[]
  change: One[]
  unchangedCount: number
}

/** What an import would do, and does. Spaces are apart: they have a difference of their own. [IMP-4] */
export interface ImportPlan {
  users: Difference<ImportedUser>
  groups: Difference<ImportedGroup>
  memberships: Difference<ImportedMembership>
  kept: Difference<KeptRow>
}

/** Where rooms go. */
export interface RoomPlaces {
  /** Path of the place below which they stand. */
  below: readonly string[]
  /** Name of a floor, with {floor} for what the table says; empty: rooms are directly below the place. */
  floors: string
}

/** Ids of people, groups and rooms that do not exist yet. */
const NEW_ID = -1

/** Compares tables with what is there: what is missing is made, what is not known filled in, what is known stays. [IMP-5] */
export function planImport(tables: OldTables, existing: ExistingData, places: RoomPlaces): ImportPlan {
  return {
    users: planUsers(tables, existing),
    groups: planGroups(tables, existing),
    memberships: planMemberships(tables, existing),
    kept: planKept(tables, existing, places),
  }
}

/** Sorts what is wanted by whether it is there: `compare` says what is to be done about it. */
function differ<Wanted, One>(
  wanted: readonly Wanted[],
  compare: (one: Wanted) => { todo: 'create' | 'change' | 'nothing'; value: One },
): Difference<One> {
  const difference: Difference<One> = { create: [], change: [], unchangedCount: 0 }
  for (const one of wanted) {
    const { todo, value } = compare(one)
    if (todo === 'nothing') difference.unchangedCount += 1
    else difference[todo].push(value)
  }
  return difference
}

function planUsers(tables: OldTables, { users }: ExistingData): Difference<ImportedUser> {
  const known = byKey(users, ({ username }) => username)
  return differ(tables.users, (row) => {
    const value = {
      username: row.username,
      displayname: row.displayname,
      lastLoginAt: row.last_login_time,
      lastLoginIp: row.last_login_ip,
      createdAt: row.created_at,
    }
    const user = known.get(keyOf(row.username))
    if (user === undefined) return { todo: 'create', value }
    const isFilled =
      (user.displayname !== null || value.displayname === null) &&
      (user.lastLoginAt !== null || value.lastLoginAt === null)
    return { todo: isFilled ? 'nothing' : 'change', value }
  })
}

function planGroups(tables: OldTables, { groups }: ExistingData): Difference<ImportedGroup> {
  const known = byKey(groups, ({ name }) => name)
  return differ(tables.groups, ({ name, description }) => {
    const group = known.get(keyOf(name))
    const value = { name: group?.name ?? name, description }
    if (group === undefined) return { todo: 'create', value }
    return { todo: group.description === null && description !== null ? 'change' : 'nothing', value }
  })
}

function planMemberships(tables: OldTables, existing: ExistingData): Difference<ImportedMembership> {
  const userIds = new Map(existing.users.map(({ id, username }) => [keyOf(username), id]))
  const groupIds = new Map(existing.groups.map(({ id, name }) => [keyOf(name), id]))
  const known = new Map(
    existing.memberships.map(({ userId, groupId, permission }) => [`${userId} ${groupId}`, permission]),
  )
  const usernames = new Map(tables.users.map(({ id, username }) => [id, username]))
  const names = new Map(tables.groups.map(({ id, name }) => [id, name]))
  return differ(tables.user_group, ({ user_id, group_id, permissions }) => {
    const username = usernames.get(user_id) ?? ''
    const group = names.get(group_id) ?? ''
    const before = known.get(`${userIds.get(keyOf(username))} ${groupIds.get(keyOf(group))}`)
    const isRaised = before === 'member' && permissions === 'admin'
    return {
      todo: before === undefined ? 'create' : isRaised ? 'change' : 'nothing',
      value: { username, group, permission: permissions },
    }
  })
}

function planKept(tables: OldTables, existing: ExistingData, places: RoomPlaces): Difference<KeptRow> {
  const known = new Map(existing.kept.map((row) => [`${row.table} ${row.oldId}`, canonicalJson(row)]))
  return differ(keptRows(tables, existing, places), (value) => {
    const before = known.get(`${value.table} ${value.oldId}`)
    if (before === undefined) return { todo: 'create', value }
    return { todo: before === canonicalJson(value) ? 'nothing' : 'change', value }
  })
}

/** The rows that are kept, with the ids that their people, groups and rooms have here; -1 for those that are yet to be made. [IMP-6] */
function keptRows(tables: OldTables, existing: ExistingData, places: RoomPlaces): KeptRow[] {
  const userIds = new Map(existing.users.map(({ id, username }) => [keyOf(username), id]))
  const groupIds = new Map(existing.groups.map(({ id, name }) => [keyOf(name), id]))
  const users = new Map(tables.users.map(({ id, username }) => [id, userIds.get(keyOf(username)) ?? NEW_ID]))
  const groups = new Map(tables.groups.map(({ id, name }) => [id, groupIds.get(keyOf(name)) ?? NEW_ID]))
  const rooms = new Map(
    tables.classrooms.map((room) => [
      room.id,
      room.is_deleted === true ? null : (existing.spaceIds.get(pathText(roomPath(room, places))) ?? NEW_ID),
    ]),
  )
  const idIn = (ids: ReadonlyMap<number, number | null>, id: unknown): number | null =>
    typeof id === 'number' ? (ids.get(id) ?? null) : null
  return KEPT_TABLES.flatMap((table) =>
    (tables[table] as ({ id: number; line: number } & Record<string, unknown>)[]).map((row) => ({
      table,
      oldId: row.id,
      userId: idIn(users, row['user_id']),
      groupId: idIn(groups, row['group_id']),
      spaceId: idIn(rooms, table === 'classrooms' ? row.id : row['classroom_id']),
      facts: factsOf(row),
    })),
  )
}

/** All cells but those that became something here. */
function factsOf(row: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const gone = ['id', 'line', ...Object.keys(REFERENCES).filter((column) => /^(user|group)_/.test(column))]
  return Object.fromEntries(Object.entries(row).filter(([column]) => !gone.includes(column)))
}

/** The path at which a room is. */
export function roomPath({ name, floor }: Row<'classrooms'>, { below, floors }: RoomPlaces): string[] {
  const hasFloor = floor !== null && floors !== ''
  return [...below, ...(hasFloor ? [floors.replaceAll('{floor}', floor)] : []), name]
}

/** Rooms, and the floors that they are on, as a tree file would want them. [IMP-7] */
export function roomSpecs(tables: OldTables, places: RoomPlaces): SpaceSpec[] {
  const rooms = tables.classrooms.filter((room) => room.is_deleted !== true)
  const specs = new Map<string, SpaceSpec>()
  for (const room of rooms) {
    const path = roomPath(room, places).slice(0, -1)
    if (path.length > places.below.length)
      specs.set(pathText(path), { path, kind: 'floor', at: `classrooms.csv line ${room.line}` })
  }
  return [
    ...specs.values(),
    ...rooms.map((room): SpaceSpec => ({
      path: roomPath(room, places),
      at: `classrooms.csv line ${room.line}`,
      kind: 'room',
      ...(room.capacity === null ? {} : { capacity: room.capacity }),
      ...(room.equipment === null || room.equipment.length === 0
        ? {}
        : { details: { equipment: room.equipment } }),
    })),
  ]
}

/** As names are compared: whatever their case. */
export function keyOf(name: string): string {
  return name.toLowerCase()
}

function byKey<One>(items: readonly One[], name: (item: One) => string): Map<string, One> {
  return new Map(items.map((item) => [keyOf(name(item)), item]))
}
