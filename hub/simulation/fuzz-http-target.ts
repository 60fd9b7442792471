import type { FastifyInstance } from 'fastify'
import type { SeededRandom } from '#shared/domain/seeded-random.ts'
import { callRoute } from '../testing/testing-calls.ts'
import { makeTestApp, makeTestIdentity } from '../testing/testing-app.ts'
import { makeOpenLimits } from '../testing/testing-walk.ts'
import type { Database } from '../platform/postgres/database.ts'
import type { FuzzTarget, ReportFault } from './fuzz-targets.ts'
import { makeRequest, readCalls, sendAndCheck } from './fuzz-http-call.ts'
import { loadTrespasses, makeFuzzPeople } from './fuzz-http-people.ts'

/** The hub's HTTP API, with every call of its own OpenAPI document, sent by people of two universities and by nobody. [API-2] */
export async function openHttpTarget(
  pool: Database,
  fault: ReportFault,
): Promise<FuzzTarget & { statuses: ReadonlyMap<string, ReadonlySet<number>> }> {
  const app: FastifyInstance = await makeTestApp(pool, {
    identity: makeTestIdentity({ limits: makeOpenLimits() }),
    requestLimits: { inAll: 50, perAddress: 50 },
  })
  const calls = readCalls((await callRoute(app, 'GET /openapi.json')).body)
  const people = await makeFuzzPeople(pool, app)
  const statuses = new Map<string, Set<number>>(calls.map(({ name }) => [name, new Set()]))
  const state = { next: 0 }
  return {
    statuses,
    send: async (random: SeededRandom) => {
      // In turn, so that few messages reach every call.
      const call = calls[state.next % calls.length]
      state.next += 1
      if (call === undefined) return
      const actor = random.pick(people.actors)
      const answer = await sendAndCheck(app, call, makeRequest(random, call, people.known), actor)
      statuses.get(call.name)?.add(answer.status)
      if (answer.fault !== null) fault(answer.fault)
      const isGone = answer.status === 401 || /DELETE \/(me|auth\/sessions)|\/auth\/logout/.test(call.name)
      if (isGone) await actor.revive()
    },
    close: async () => {
      for (const trespass of await loadTrespasses(pool)) fault(`done elsewhere: ${JSON.stringify(trespass)}`)
      await app.close()
    },
  }
}
