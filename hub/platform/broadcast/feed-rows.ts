import type { GoneRow, LevelRow, SpaceRow } from '#shared/wire/messages.ts'
import type { Database } from '../postgres/database.ts'

/** What kiosks or people hold of a university, or what changed of it, at one moment. */
export interface FeedRows<Row extends SpaceRow = SpaceRow> {
  epoch: string
  /** Clock of that moment. */
  head: number
  factsClock: number
  rows: Row[]
  levels: LevelRow[]
  gone: GoneRow[]
}

/** Reads one sort of feed. */
export type LoadFeed = (
  pool: Database,
  universityId: number,
  from: number | null,
  isWhole: boolean,
) => Promise<FeedRows | null>
