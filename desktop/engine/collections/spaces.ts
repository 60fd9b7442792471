import type { Level } from '#shared/domain/occupancy.ts'
import { RowFacts } from '#shared/wire/messages.ts'
import type { Collection, ConfirmedRow } from './collection.ts'

/** The collection of spaces. */
export const SPACES = 'spaces'

/** A level and when it was reported (hub time, ms since 1970); both null: never reported. [OCC-1] */
export interface ReportedLevel {
  level: Level | null
  reportedAtMs: number | null
}

/** What a space is: its facts without its hours. */
export type SpaceBody = Omit<RowFacts, 'hours'>

/** A space as the hub confirmed it. */
export type ConfirmedSpace = ConfirmedRow<SpaceBody, ReportedLevel>

/** Spaces; what reports change is the hot part. One that is gone stays, so that a tap on it can be told why. */
export const spaceCollection: Collection<SpaceBody, ReportedLevel> = {
  name: SPACES,
  salt: 0,
  capability: null,
  body: RowFacts,
  noHot: { level: null, reportedAtMs: null },
  keepsGone: true,
  groupOf: ({ parentId }) => parentId,
}
