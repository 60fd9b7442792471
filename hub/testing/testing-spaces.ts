import type { FastifyInstance } from 'fastify'
import type { HttpError } from '#shared/wire/http-error.ts'
import type { PeopleSpace } from '#shared/wire/rest-spaces.ts'
import type { RouteAnswer } from '#shared/wire/rest.ts'
import { joinTestGroup, makeTestPerson, type TestPerson } from '../accounts/testing-people.ts'
import type { Database } from '../platform/postgres/database.ts'
import { makeTestCampus, type TestCampus } from './testing-campus.ts'
import { callRoute, type TestAnswer } from './testing-calls.ts'

/** A campus with people: two students and a member of the super group. */
export interface TestTenant {
  campus: TestCampus
  student: TestPerson
  other: TestPerson
  chief: TestPerson
}

/** Makes a university with a campus, two students and a member of the super group in a test database. */
export async function makeTestTenant(pool: Database, name: string): Promise<TestTenant> {
  const campus = await makeTestCampus(pool, name)
  const [student, other, chief] = [
    await makeTestPerson(pool, campus.universityId),
    await makeTestPerson(pool, campus.universityId),
    await makeTestPerson(pool, campus.universityId),
  ]
  await joinTestGroup(pool, chief, 'super')
  return { campus, student, other, chief }
}

/** An answer with its body as a space, a report or a refusal, whichever it was. */
export interface SpaceAnswer extends TestAnswer {
  space: PeopleSpace
  report: RouteAnswer<'GET /me/reports'>['reports'][number]
  error: HttpError
}

/** Statuses of some answers, in rising order. */
export function statuses(answers: readonly SpaceAnswer[]): number[] {
  return answers.map(({ status }) => status).toSorted((left, right) => left - right)
}

type Input = Parameters<typeof callRoute>[2]

/** Calls of the spaces' contracts, as somebody. */
export class SpaceCalls {
  private readonly app: FastifyInstance

  constructor(app: FastifyInstance) {
    this.app = app
  }

  async call(as: TestPerson, route: string, input: Input = {}): Promise<SpaceAnswer> {
    const answer = await callRoute(this.app, route, { ...input, as: { headers: { ...as.headers } } })
    const { body } = answer
    return {
      ...answer,
      space: body as PeopleSpace,
      report: body as SpaceAnswer['report'],
      error: body as HttpError,
    }
  }

  make(as: TestPerson, parentId: number, name: string, more: object = {}): Promise<SpaceAnswer> {
    return this.call(as, 'POST /spaces', { body: { name, kind: 'carrel', parentId, ...more } })
  }

  edit(as: TestPerson, { id, version }: PeopleSpace, changes: object): Promise<SpaceAnswer> {
    return this.call(as, 'PATCH /spaces/:id', { params: { id }, body: { version, ...changes } })
  }

  remove(as: TestPerson, space: PeopleSpace, withChildren?: boolean): Promise<SpaceAnswer> {
    const query = { version: space.version, ...(withChildren === undefined ? {} : { withChildren }) }
    return this.call(as, 'DELETE /spaces/:id', { params: { id: space.id }, query })
  }

  restore(as: TestPerson, id: number): Promise<SpaceAnswer> {
    return this.call(as, 'POST /spaces/:id/restore', { params: { id } })
  }

  letOn(as: TestPerson, id: number, isOnKiosks = true): Promise<SpaceAnswer> {
    return this.call(as, 'PUT /spaces/:id/on-kiosks', { params: { id }, body: { isOnKiosks } })
  }

  report(
    as: TestPerson,
    id: number,
    level: number,
    key = `key-${Math.random()}-0123456789`,
  ): Promise<SpaceAnswer> {
    const body = { level, key: key.replaceAll('.', '_') }
    return this.call(as, 'POST /spaces/:id/reports', { params: { id }, body })
  }

  async tree(as: TestPerson): Promise<RouteAnswer<'GET /spaces'>> {
    return (await this.call(as, 'GET /spaces')).body as RouteAnswer<'GET /spaces'>
  }

  /** One space as somebody sees it now. */
  async see(as: TestPerson, id: number): Promise<PeopleSpace> {
    const space = (await this.tree(as)).spaces.find((one) => one.id === id)
    if (space === undefined) throw new Error(`space ${id} is not seen`)
    return space
  }
}
