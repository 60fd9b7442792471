import { Type, type Static } from 'typebox'
import { MAX_NOTICE_LENGTH, NOTICE_FACTS, type NoticeKind } from '../domain/notice.ts'
import { Id } from '../domain/space.ts'
import type { Contract } from './contract.ts'

const closed = { additionalProperties: false }
const NoticeId = Type.Object({ id: Id }, closed)

/** What a notice of any kind has for the one who reads it. */
const READ = {
  id: Id,
  /** What staff wrote themselves: plain text with LF at the ends of lines. */
  text: Type.Union([Type.Null(), Type.String()]),
  createdAtMs: Type.Number(),
  /** The group in whose name the reader is told; null: told personally. */
  groupName: Type.Union([Type.Null(), Type.String()]),
  isNew: Type.Boolean(),
  isArchived: Type.Boolean(),
}

const noticeOf = <const Kind extends NoticeKind>(kind: Kind) =>
  Type.Object({ ...READ, kind: Type.Literal(kind), facts: NOTICE_FACTS[kind] }, closed)

/** A notice as its reader sees it. */
export const ReadNotice = Type.Union([
  noticeOf('approved'),
  noticeOf('rejected'),
  noticeOf('moved'),
  noticeOf('closed'),
  noticeOf('displaced'),
  noticeOf('released'),
  noticeOf('ending'),
  noticeOf('requestToApprove'),
  noticeOf('lapsing'),
  noticeOf('announcement'),
])
export type ReadNotice = Static<typeof ReadNotice>

/** Most notices of one answer. */
export const MAX_NOTICES = 100

/** Notices: what a person was told, and what staff tell others. */
export const NOTIFICATION_ROUTES = {
  'GET /notifications': {
    summary:
      'What I was told, newest first. `kept`: all that I have not archived, new or not; `new`: those that I have not read.',
    who: 'signedIn',
    isHeavy: true,
    query: Type.Object(
      {
        /** `kept` unless said. */
        state: Type.Optional(Type.Enum(['new', 'kept', 'archived'])),
        /** Only those before the one with this id. */
        before: Type.Optional(Id),
        /** 30 unless said. */
        limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_NOTICES })),
      },
      closed,
    ),
    answer: {
      status: 200,
      body: Type.Object({ notices: Type.Array(ReadNotice), hasMore: Type.Boolean() }, closed),
    },
    refusals: [],
  },
  'POST /notifications/read': {
    summary: 'Marks what I was told as read, up to the one with this id.',
    who: 'signedIn',
    takesKey: true,
    body: Type.Object({ upTo: Id }, closed),
    answer: { status: 204, body: null },
    refusals: [],
  },
  'POST /notifications/:id/archive': {
    summary: 'Archives something that I was told; it counts as read. Doing it twice changes nothing.',
    who: 'signedIn',
    takesKey: true,
    params: NoticeId,
    answer: { status: 204, body: null },
    refusals: [],
  },
  'POST /notifications/:id/restore': {
    summary: 'Puts something archived back into my inbox. Doing it twice changes nothing.',
    who: 'signedIn',
    takesKey: true,
    params: NoticeId,
    answer: { status: 204, body: null },
    refusals: [],
  },
  'POST /notices': {
    summary: 'Tells everybody of my university, or the members of a group, something. Super group only.',
    who: 'signedIn',
    isAct: true,
    takesKey: true,
    body: Type.Object(
      {
        to: Type.Union([Type.Literal('all'), Type.Object({ groupId: Id }, closed)]),
        /** Counted again once line ends are normalised. */
        text: Type.String({ minLength: 1, maxLength: 2 * MAX_NOTICE_LENGTH }),
      },
      closed,
    ),
    answer: { status: 204, body: null },
    refusals: ['notAllowed', 'valueRefused', 'tooMany'],
  },
} as const satisfies Record<string, Contract>
