import { Type, type Static } from 'typebox'
import { Id } from '../domain/space.ts'
import { Locale } from '../domain/university.ts'
import type { Contract } from './contract.ts'

const closed = { additionalProperties: false }

/** Services and subjects are plain words of the hub's own. */
const Word = Type.String({ pattern: '^[A-Za-z][A-Za-z -]{0,39}$' })
/** What somebody types of a name. */
const NamePart = Type.String({ minLength: 1, maxLength: 100, pattern: String.raw`^[^\u0000-\u001f\u007f]*$` })
/** The last moment that a date of JavaScript knows. */
const Moment = Type.Integer({ minimum: 0, maximum: 8_640_000_000_000_000 })

/** What the log is asked for. Times are ms since 1970. */
const ChangeFilter = {
  service: Type.Optional(Word),
  subject: Type.Optional(Word),
  userId: Type.Optional(Id),
  /** Parts of names, whatever their case: of who acted or to whom it was done, of a space, of a kiosk. */
  person: Type.Optional(NamePart),
  space: Type.Optional(NamePart),
  kiosk: Type.Optional(NamePart),
  /** In which language `person` may say "Command line", and a table what was done. */
  language: Type.Optional(Locale),
  fromMs: Type.Optional(Moment),
  /** Not itself part of it. */
  toMs: Type.Optional(Moment),
}

/** One act as it was written down. */
export const ChangeRow = Type.Object(
  {
    id: Id,
    atMs: Type.Number(),
    /** "user 7", "kiosk 17", "visitor" (nobody known), "cli" or "hub". */
    actor: Type.String(),
    /** Name of the user who acted, while there is one. */
    actorName: Type.Union([Type.Null(), Type.String()]),
    service: Type.String(),
    subject: Type.String(),
    /** Where from; deleted after 90 days. */
    address: Type.Union([Type.Null(), Type.String()]),
    log: Type.Record(Type.String(), Type.Unknown()),
    /** Names as they are now of what the act speaks of by number: "space 7", "kiosk 17", "user 7", "group 3". */
    names: Type.Record(Type.String(), Type.String()),
  },
  closed,
)
export type ChangeRow = Static<typeof ChangeRow>

/** The log of administrative acts, for the super group. */
export const CHANGE_ROUTES = {
  'GET /changes': {
    summary:
      'Administrative acts, newest first. Reading them is recorded too. With parts of names, one page looks through the newest 100,000 acts before `before`: a page with few rows or none may have a next one.',
    who: 'signedIn',
    isHeavy: true,
    isAct: true,
    query: Type.Object(
      {
        ...ChangeFilter,
        /** Only acts before this id: the next page. */
        before: Type.Optional(Id),
        limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200 })),
      },
      closed,
    ),
    answer: {
      status: 200,
      body: Type.Object({ changes: Type.Array(ChangeRow), next: Type.Union([Type.Null(), Id]) }, closed),
    },
    refusals: ['notAllowed'],
  },
  'GET /changes.csv': {
    summary:
      'The same as CSV, at most 100,000 rows; its first line names the time zone. With a language, its last column says what was done in words. `Link: <…>; rel="next"` is where the table goes on.',
    who: 'signedIn',
    isHeavy: true,
    isAct: true,
    query: Type.Object(
      {
        ...ChangeFilter,
        before: Type.Optional(Id),
        limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000 })),
      },
      closed,
    ),
    answer: { status: 200, body: 'text/csv' },
    refusals: ['notAllowed', 'passwordNeeded'],
  },
} as const satisfies Record<string, Contract>
