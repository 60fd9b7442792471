import type { FastifyInstance } from 'fastify'
import { joinTestGroup, makeTestPerson, type TestPerson } from '../accounts/testing-people.ts'
import {
  giveTestPassword,
  makeFullUniversity,
  TEST_PASSWORD,
  type FullUniversity,
} from '../testing/testing-university.ts'
import { query, type Database } from '../platform/postgres/database.ts'
import type { FuzzActor } from './fuzz-http-call.ts'
import type { Known } from './fuzz-http-values.ts'

/** Two universities whose words are distinguished by marks, and everybody who sends. */
export interface FuzzPeople {
  ours: FullUniversity
  theirs: FullUniversity
  known: Known
  actors: (FuzzActor & { revive(): Promise<void> })[]
}

const MARKS = ['Zzours', 'Yytheirs'] as const

/** Makes both universities with their people in a database of a test. */
export async function makeFuzzPeople(pool: Database, app: FastifyInstance): Promise<FuzzPeople> {
  const ours = await makeFullUniversity(pool, app, MARKS[0])
  const theirs = await makeFullUniversity(pool, app, MARKS[1])
  const keeper = await makeTestPerson(pool, null)
  const [oursMark, theirsMark] = MARKS.map((mark) => mark.toLowerCase()) as [string, string]
  const nobody = { headers: {}, forbidden: [oursMark, theirsMark], revive: async () => undefined }
  const forged = { ...nobody, headers: { authorization: 'Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.' } }
  return {
    ours,
    theirs,
    known: knownOf(ours, theirs),
    actors: [
      nobody,
      forged,
      reviving(pool, ours, ours.chief, [theirsMark]),
      reviving(pool, ours, ours.student, [theirsMark]),
      reviving(pool, theirs, theirs.chief, [oursMark]),
      reviving(pool, null, keeper, [oursMark, theirsMark]),
    ],
  }
}

/** Rows of both, by the names of fields that may hold them; nobody's words are in texts that are stored. */
function knownOf(ours: FullUniversity, theirs: FullUniversity): Known {
  const both = [ours, theirs]
  const users = both.flatMap(({ chief, student, friend }) => [chief, student, friend])
  return {
    'groups id': both.flatMap(({ superId, group }) => [superId, group.id]),
    'spaces id': both.flatMap(({ campus, room, own, goneId }) => [campus.root, room, own.id, goneId]),
    'reports id': both.map(({ reportId }) => reportId),
    'kiosks id': both.map(({ kioskId }) => kioskId),
    'auth id': both.map(({ student }) => student.sessionId),
    'platform id': [1, 2, 3, 4, 5, 6],
    userId: users.map(({ userId }) => userId),
    parentId: both.flatMap(({ campus }) => [campus.root, ...campus.floors, ...campus.rooms]),
    university: both.map(({ campus }) => campus.universityId),
    person: both.flatMap(({ friendName, mark }) => [friendName, `${mark}-student`]),
    version: [1, 2, 3],
    email: both.flatMap(({ domain, mark }) => [`somebody@${domain}`, `${mark}-friend@${domain}`]),
    username: both.map(({ mark }) => `${mark}-friend`),
    password: [TEST_PASSWORD],
    timezone: ['Europe/Ljubljana', 'Asia/Taipei'],
    domains: ['requested.example', 'gmail.com'],
    contact: ['dean@requested.example'],
    service: ['groups', 'spaces', 'log'],
  }
}

/** Whoever deletes their account or shuts themselves out comes back as somebody of the same standing. */
function reviving(
  pool: Database,
  home: FullUniversity | null,
  person: TestPerson,
  forbidden: readonly string[],
): FuzzPeople['actors'][number] {
  const actor = {
    headers: { ...person.headers } as Record<string, string>,
    forbidden,
    revive: async (): Promise<void> => {
      const again = await makeTestPerson(pool, home?.campus.universityId ?? null)
      await giveTestPassword(pool, again)
      if (home !== null && person === home.chief) await joinTestGroup(pool, again, 'super', 'admin')
      actor.headers = { ...again.headers }
    },
  }
  return actor
}

/** What was done in one university by people of another; empty: nothing. */
export async function loadTrespasses(pool: Database): Promise<object[]> {
  return query(
    pool,
    `select c.id, c.actor, c.service, c.subject from change_logs c join users u on u.id = c.user_id
     where c.university_id is not null and u.associated_university_id <> c.university_id
     union all
     select s.id, 'user ' || u.id, 'spaces', s.name from spaces s
       join users u on u.id in (s.created_by_id, s.last_updated_by_id) where u.associated_university_id <> s.university_id
     union all
     select r.id, 'user ' || u.id, 'reports', '' from occupancy_reports r
       join users u on u.id = r.user_id where u.associated_university_id <> r.university_id`,
  )
}
