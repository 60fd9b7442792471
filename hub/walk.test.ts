import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Contract } from '#shared/wire/contract.ts'
import { HTTP_STATUS, HttpError } from '#shared/wire/http-error.ts'
import { makeCheck } from '#shared/wire/parse.ts'
import { ROUTES } from '#shared/wire/rest.ts'
import { makeTestPerson, type TestPerson } from './accounts/testing-people.ts'
import { makeTestDatabase, type TestDatabase } from './platform/postgres/testing.ts'
import { makeTestApp, makeTestIdentity } from './testing/testing-app.ts'
import { callRoute, type TestAnswer } from './testing/testing-calls.ts'
import { giveTestPassword, loadAllOf, wholeText } from './testing/testing-university.ts'
import {
  makeOpenLimits,
  makeWalkWorld,
  WALK,
  type WalkInput,
  type WalkStep,
  type WalkWorld,
} from './testing/testing-walk.ts'

const OURS = 'Zzours'
const THEIRS = 'Yytheirs'

let database: TestDatabase
let app: FastifyInstance

beforeAll(async () => {
  database = await makeTestDatabase('walk')
  app = await makeTestApp(database.pool, {
    identity: makeTestIdentity({ limits: makeOpenLimits() }),
    requestLimits: { inAll: 1000, perAddress: 1000 },
  })
})
afterAll(async () => {
  await app.close()
  await database.drop()
})

const makeWorld = (): Promise<WalkWorld> => makeWalkWorld(database.pool, app, [OURS, THEIRS])

const routes = Object.keys(WALK) as (keyof typeof WALK)[]
const stepOf = (route: keyof typeof WALK): WalkStep => WALK[route]
const isHttpError = makeCheck(HttpError)

function expectRefusal({ status, body }: TestAnswer, why: number): void {
  expect(status).toBe(why)
  const error = isHttpError(body)
  expect(error.ok && HTTP_STATUS[error.value.error]).toBe(why)
}

/** Makes calls as somebody who is foreign, and holds that nothing of ours was said or touched. */
async function expectUntouched(world: WalkWorld, calls: () => Promise<TestAnswer[]>): Promise<void> {
  const { universityId } = world.ours.campus
  const before = await loadAllOf(database.pool, universityId)
  for (const answer of await calls()) {
    expect(answer.status).toBeLessThan(500)
    expect(wholeText(answer).toLowerCase()).not.toContain(OURS.toLowerCase())
  }
  expect(await loadAllOf(database.pool, universityId)).toEqual(before)
}

describe('[ACC-2] the walk', () => {
  test('has every call that needs somebody signed in, and no other', () => {
    const signedIn = Object.entries<Contract>(ROUTES).filter(([, { who }]) => who === 'signedIn')
    expect(Object.keys(WALK).toSorted()).toEqual(signedIn.map(([name]) => name).toSorted())
  })

  test('has every call that the hub takes there at all', () => {
    const listed = app.printRoutes({ commonPrefix: false, includeHooks: false })
    const [paths, found]: [string[], string[]] = [[], []]
    for (const line of listed.split('\n')) {
      const [, indent = '', path = '', methods = ''] =
        /^([│├└─ ]*)([^\s│├└─]+)(?: \(([A-Z, ]+)\))?/.exec(line) ?? []
      const depth = indent.length / 4
      paths[depth] = `${paths[depth - 1] ?? ''}${path}`
      for (const method of methods.split(', ')) found.push(`${method} ${paths[depth] ?? ''}`)
    }
    const calls = found.flatMap((name) =>
      /^(?!HEAD)[A-Z]+ \/api\/v1\//.test(name) ? [name.replace('/api/v1', '')] : [],
    )
    expect(calls.toSorted()).toEqual(Object.keys(ROUTES).toSorted())
  })

  test('names a row of the first university wherever a call names one', () => {
    expect(routes.filter((route) => route.includes(':') && stepOf(route).foreign === 'own')).toEqual([])
  })

  test('sees our marks when one of ours looks', async () => {
    const { ours } = await makeWorld()
    for (const route of ['GET /spaces', 'GET /groups', 'GET /me', 'GET /changes', 'GET /kiosks'])
      expect(wholeText(await callRoute(app, route, { as: ours.chief }))).toContain(OURS)
  })
})

describe.each(routes)('[ACC-2] %s', (route) => {
  const step = stepOf(route)
  const call = (input: WalkInput, as?: TestPerson): Promise<TestAnswer> =>
    callRoute(app, route, { ...input, ...(as === undefined ? {} : { as }) })

  test('reveals and touches nothing for whoever it is not for, and works for whoever it is for', async () => {
    const world = await makeWorld()
    const { ours, theirs } = world
    const keeper = await makeTestPerson(database.pool, null, { displayname: `${THEIRS} keeper` })
    await giveTestPassword(database.pool, keeper)
    const rightful = step.rightful === 'keeper' ? keeper : ours[step.rightful]
    const input = step.input(world)

    await expectUntouched(world, async () => {
      const nobody = await call(input)
      expectRefusal(nobody, 401)
      const forged = await call(input, {
        ...rightful,
        headers: { authorization: `${rightful.headers.authorization}x` },
      })
      expectRefusal(forged, 401)
      return [nobody, forged]
    })
    await expectUntouched(world, async () => {
      const mixed: TestAnswer[] = []
      for (const [mix, status] of step.mixed?.(world) ?? []) {
        const answer = await call(mix, theirs.chief)
        expectRefusal(answer, status)
        mixed.push(answer)
      }
      return mixed
    })
    await expectUntouched(world, async () => {
      const answers: TestAnswer[] = []
      for (const foreigner of [theirs.chief, theirs.student, ...(rightful === keeper ? [] : [keeper])]) {
        const answer = await call(input, foreigner)
        answers.push(answer)
        if (step.foreign === 'own') continue
        // Who may do such things at home is answered that it is not there; nobody sees a difference to what never was.
        if (foreigner === theirs.chief) expectRefusal(answer, step.foreign)
        if (foreigner !== theirs.chief) expectRefusal(answer, answer.status === 403 ? 403 : step.foreign)
        if (input.params === undefined) continue
        const unknown = await call(onUnknown(input), foreigner)
        expect([unknown.status, unknown.body]).toEqual([answer.status, answer.body])
      }
      return answers
    })
    await expectUntouched(world, () => callEnded(call, input, rightful))

    // Without this nobody would know whether the rows were real and the call was right.
    const done = await call(input, rightful)
    expect([done.status, done.status < 300 ? null : done.body]).toEqual([ROUTES[route].answer.status, null])
  })
})

const SESSION = 'where id = $1'
const USER = 'where id = (select user_id from sessions where id = $1)'
const UNIVERSITY =
  'where id = (select u.associated_university_id from sessions s join users u on u.id = s.user_id where s.id = $1)'

/** What ends somebody's standing, and what brings it back exactly as it was. */
const ENDS = [
  [`update sessions set revoked_at = now() ${SESSION}`, `update sessions set revoked_at = null ${SESSION}`],
  [
    `update sessions set expires_at = expires_at - interval '200 hours' ${SESSION}`,
    `update sessions set expires_at = expires_at + interval '200 hours' ${SESSION}`,
  ],
  [`update users set is_active = false ${USER}`, `update users set is_active = true ${USER}`],
  [
    `update universities set is_approved = false ${UNIVERSITY}`,
    `update universities set is_approved = true ${UNIVERSITY}`,
  ],
] as const

/** The same by the rightful one, whose session was ended or ran out, whose account or whose university was shut. */
async function callEnded(
  call: (input: WalkInput, as: TestPerson) => Promise<TestAnswer>,
  input: WalkInput,
  rightful: TestPerson,
): Promise<TestAnswer[]> {
  const answers: TestAnswer[] = []
  for (const [end, undo] of ENDS) {
    const ended = await database.pool.query(end, [rightful.sessionId])
    // A platform administrator has no university.
    if (ended.rowCount === 0) continue
    const answer = await call(input, rightful)
    expectRefusal(answer, 401)
    answers.push(answer)
    await database.pool.query(undo, [rightful.sessionId])
  }
  return answers
}

/** The same call on ids that nothing has. */
function onUnknown(input: WalkInput): WalkInput {
  const params = Object.fromEntries(Object.keys(input.params ?? {}).map((name) => [name, 4_999_999_999_999]))
  // Another question, so under another key.
  const { body } = input
  const isKeyed = typeof body === 'object' && body !== null && 'key' in body
  return { ...input, params, ...(isKeyed && { body: { ...body, key: 'walk-unknown-0123456789' } }) }
}
