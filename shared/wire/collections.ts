import type { TSchema } from 'typebox'
import { OpeningHours } from '../domain/week-time.ts'

/** What hub and kiosks agree on about rows of one collection. Spaces are not one of these: they have a form of their own. [SYN-31] */
export interface CollectionWords {
  /** Key of its rows in `collections`. */
  name: string
  /** Of the digest; each collection has another one, and none has 0, which is that of spaces. [SYN-33] */
  salt: number
  /** What a kiosk says in its hello to be sent them. Another form of the body is another capability. [SYN-34] */
  capability: string
  body: TSchema
}

/** Opening hours and closures: one row for each space that has any of its own, its id the space's. [HRS-1] [HRS-2] */
export const HOURS_WORDS = {
  name: 'hours',
  salt: 1,
  capability: 'rows/hours@1',
  body: OpeningHours,
} as const satisfies CollectionWords
