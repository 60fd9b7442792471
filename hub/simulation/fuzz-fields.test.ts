import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeTestPerson, type TestPerson } from '../accounts/testing-people.ts'
import { API_PREFIX } from '../platform/http/handle.ts'
import { makeTestApp, makeTestIdentity } from '../testing/testing-app.ts'
import { callRoute } from '../testing/testing-calls.ts'
import { giveTestPassword, TEST_PASSWORD } from '../testing/testing-university.ts'
import {
  makeOpenLimits,
  makeWalkWorld,
  WALK,
  type WalkInput,
  type WalkStep,
} from '../testing/testing-walk.ts'
import { makeTestDatabase, type TestDatabase } from '../platform/postgres/testing.ts'
import { readCalls, sendAndCheck, type FuzzCall } from './fuzz-http-call.ts'
import { EVIL_NUMBERS, EVIL_TEXTS, type JsonSchema } from './fuzz-http-values.ts'

let database: TestDatabase
let app: FastifyInstance
let calls: FuzzCall[]

beforeAll(async () => {
  database = await makeTestDatabase('fuzz_fields')
  app = await makeTestApp(database.pool, {
    identity: makeTestIdentity({ limits: makeOpenLimits() }),
    requestLimits: { inAll: 10_000, perAddress: 10_000 },
  })
  calls = readCalls((await callRoute(app, 'GET /openapi.json')).body)
})
afterAll(async () => {
  await app.close()
  await database.drop()
})

const token = 'A'.repeat(43)
const email = 'somebody@u1.example'

/** A right body of each call that anyone may make. */
const ANYONE: Record<string, object> = {
  'POST /auth/register': { email, password: TEST_PASSWORD },
  'POST /auth/verify': { token },
  'POST /auth/verify/resend': { email },
  'POST /auth/forgotten': { email },
  'POST /auth/reset': { token, password: TEST_PASSWORD },
  'POST /auth/token': { email, password: TEST_PASSWORD },
  'POST /auth/setup': { token, email, password: TEST_PASSWORD },
  'POST /auth/email': { token },
  'POST /universities': {
    name: 'Wish',
    domains: ['request.example'],
    timezone: 'UTC',
    contact: 'dean@request.example',
  },
  'POST /universities/confirm': { token },
}
/** Bodies that another test breaks: those of devices. */
const ELSEWHERE = new Set(['POST /kiosks/enrol'])

/** Every place in a body that holds a text or a number, whether or not it must be there. */
function fieldsOf(schema: JsonSchema, path: string[] = []): { path: string[]; type: string }[] {
  if (schema.anyOf !== undefined) return schema.anyOf.flatMap((each) => fieldsOf(each, path))
  if (schema.type === 'object')
    return Object.entries(schema.properties ?? {}).flatMap(([key, each]) => fieldsOf(each, [...path, key]))
  if (schema.type === 'array') return fieldsOf(schema.items ?? {}, [...path, '0'])
  const isText = schema.type === 'string' || schema.enum !== undefined
  const isNumber = schema.type === 'integer' || schema.type === 'number'
  return isText || isNumber ? [{ path, type: isText ? 'text' : 'number' }] : []
}

function withField(body: unknown, [key = '', ...rest]: readonly string[], value: unknown): unknown {
  const next = (inner: unknown): unknown => (rest.length === 0 ? value : withField(inner, rest, value))
  if (key === '0') return [next(Array.isArray(body) ? body[0] : undefined)]
  const object = (body ?? {}) as Record<string, unknown>
  return { ...object, [key]: next(object[key]) }
}

interface Caller {
  input: WalkInput
  as: TestPerson | null
}

/** Sends a body as the rightful one would; one that came too late is sent again on what is there now. */
async function send(call: FuzzCall, { input, as }: Caller, body: unknown): Promise<string | null> {
  const path = call.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => String(input.params?.[name]))
  const headers = { 'content-type': 'application/json' }
  const actor = { headers: { ...as?.headers }, forbidden: [] }
  const sent = (payload: unknown): { url: string; payload: string; headers: Record<string, string> } => ({
    url: `${API_PREFIX}${path}`,
    payload: JSON.stringify(payload),
    headers,
  })
  const answer = await sendAndCheck(app, call, sent(body), actor)
  if (answer.fault !== null || answer.stale === null) return answer.fault
  return (await sendAndCheck(app, call, sent(withField(body, ['version'], answer.stale)), actor)).fault
}

/** For what would never end: more than a thousand calls, many times what they take where other tests have the cores. */
const HANGS_MS = 300_000

test(
  '[API-2] every evil text and number in every field of a call that is right otherwise',
  { timeout: HANGS_MS },
  async () => {
    const world = await makeWalkWorld(database.pool, app, ['Zzours', 'Yytheirs'])
    const keeper = await makeTestPerson(database.pool, null)
    await giveTestPassword(database.pool, keeper)
    const callerOf = ({ name }: FuzzCall): Caller | null => {
      const anyone = ANYONE[name]
      if (anyone !== undefined) return { input: { body: anyone }, as: null }
      if (!Object.hasOwn(WALK, name)) return null
      const step: WalkStep = WALK[name as keyof typeof WALK]
      const as = step.rightful === 'keeper' ? keeper : world.ours[step.rightful]
      return { input: step.input(world), as }
    }
    const faults: string[] = []
    let sentCount = 0
    for (const call of calls) {
      const fields = call.body === null || ELSEWHERE.has(call.name) ? [] : fieldsOf(call.body)
      const caller = callerOf(call)
      if (fields.length > 0 && caller === null) faults.push(`nobody makes ${call.name} here`)
      for (const { path, type } of caller === null ? [] : fields)
        for (const value of type === 'text' ? EVIL_TEXTS : EVIL_NUMBERS) {
          if (caller === null || faults.length >= 20) continue
          const fault = await send(call, caller, withField(caller.input.body, path, value))
          sentCount += 1
          if (fault !== null) faults.push(fault)
        }
    }
    expect(faults).toEqual([])
    expect(sentCount).toBeGreaterThan(1_000)
  },
)
