import { Type, type Static, type TSchema } from 'typebox'
import { Id } from '../domain/space.ts'
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

/** How many notices of a person are new, and the newest there was: one row for each person, its id the person's. */
export const Inbox = Type.Object(
  { newCount: Type.Integer({ minimum: 0 }), newestId: Id },
  { additionalProperties: false },
)
export type Inbox = Static<typeof Inbox>

/** Of people's pages alone. [NTF-6] [LIV-10] */
export const INBOX_WORDS = { name: 'inbox', salt: 7, body: Inbox } as const satisfies Omit<
  CollectionWords,
  'capability'
>
