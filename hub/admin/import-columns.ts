import { MAX_CAPACITY } from '#shared/domain/space.ts'
import {
  day,
  displayName,
  equipment,
  floorName,
  groupDescription,
  groupName,
  instant,
  networkAddress,
  oldId,
  oneOf,
  optional,
  prose,
  roomName,
  timeOfDay,
  userName,
  wholeNumber,
  yesOrNo,
  type Cell,
} from './import-cells.ts'

/** Columns of a table; those that `optional` cells have may be missing. */
export type Columns = Readonly<Record<string, Cell<unknown>>>

const WEEK_SECONDS = 604_800
const MAX_NOTE_LENGTH = 10_000
const whenever = { created_at: optional(instant), updated_at: optional(instant) }
const version = optional(wholeNumber(0, 2_147_483_647))
const description = optional(prose(MAX_NOTE_LENGTH))
const importance = optional(wholeNumber(-2_147_483_648, 2_147_483_647))

/** Tables of the systems before, by the names of their files, and their columns. [IMP-4] */
export const TABLES = {
  users: {
    id: oldId,
    username: userName,
    displayname: optional(displayName),
    last_login_time: optional(instant),
    last_login_ip: optional(networkAddress),
    ...whenever,
  },
  groups: { id: oldId, name: groupName, description: optional(groupDescription), ...whenever },
  user_group: {
    id: oldId,
    user_id: oldId,
    group_id: oldId,
    permissions: oneOf('admin', 'member'),
    ...whenever,
  },
  classrooms: {
    id: oldId,
    name: roomName,
    capacity: optional(wholeNumber(1, MAX_CAPACITY)),
    equipment: optional(equipment),
    floor: optional(floorName),
    require_permission: optional(yesOrNo),
    is_deleted: optional(yesOrNo),
    version,
    is_valid: optional(yesOrNo),
  },
  draw_events: {
    id: oldId,
    event_start_time: instant,
    event_end_time: instant,
    target_start_date: day,
    target_end_date: day,
    is_completed: optional(yesOrNo),
    is_deleted: optional(yesOrNo),
    version,
    ...whenever,
  },
  draw_registrations: {
    id: oldId,
    draw_event_id: oldId,
    classroom_id: oldId,
    user_id: optional(oldId),
    group_id: optional(oldId),
    is_selected: optional(yesOrNo),
    start_time: wholeNumber(0, WEEK_SECONDS),
    end_time: wholeNumber(0, WEEK_SECONDS),
    importance,
    description,
    is_deleted: optional(yesOrNo),
    version,
    ...whenever,
  },
  longterm_registrations: {
    id: oldId,
    user_id: optional(oldId),
    group_id: optional(oldId),
    classroom_id: oldId,
    start_date: day,
    end_date: day,
    start_time: timeOfDay,
    end_time: timeOfDay,
    day_of_week: prose(20),
    description,
    is_deleted: optional(yesOrNo),
    version,
    ...whenever,
  },
  registrations: {
    id: oldId,
    user_id: optional(oldId),
    group_id: optional(oldId),
    classroom_id: oldId,
    draw_registration_id: optional(oldId),
    longterm_id: optional(oldId),
    start_time: instant,
    end_time: instant,
    importance,
    description,
    is_pending: optional(yesOrNo),
    is_deleted: optional(yesOrNo),
    version,
    ...whenever,
  },
} as const satisfies Record<string, Columns>

/** Name of a table. */
export type TableName = keyof typeof TABLES

/** Names of all tables, those first that others refer to. */
export const TABLE_NAMES = Object.keys(TABLES) as TableName[]

/** A row that was read: its line in the file, and its cells. */
export type Row<Name extends TableName> = {
  [Column in keyof (typeof TABLES)[Name]]: (typeof TABLES)[Name][Column] extends Cell<infer Value>
    ? Value
    : never
} & { line: number }

/** All that was read. A table whose file is not there is empty. */
export type OldTables = { [Name in TableName]: Row<Name>[] }

/** Tables that are kept until their features exist. [IMP-6] */
export const KEPT_TABLES = [
  'classrooms',
  'draw_events',
  'draw_registrations',
  'longterm_registrations',
  'registrations',
] as const satisfies readonly TableName[]

/** Which column of a table names a row of which other one. */
export const REFERENCES: Readonly<Record<string, TableName>> = {
  user_id: 'users',
  group_id: 'groups',
  classroom_id: 'classrooms',
  draw_event_id: 'draw_events',
  draw_registration_id: 'draw_registrations',
  longterm_id: 'longterm_registrations',
}
