import type { FastifyPluginAsync } from 'fastify'
import type { AttemptLimit } from '#shared/domain/conduct.ts'
import { makeCheck } from '#shared/wire/parse.ts'
import { EnrolRequest, type EnrolResponse } from '#shared/wire/rest.ts'
import { addressBucket } from '../platform/http/network-address.ts'
import { commitEnrolment, type EnrolDependencies, type EnrolRefusal } from './enrol-kiosk.ts'
import { isPrintable } from '../platform/printable.ts'
import type { HubLog } from '../platform/log.ts'
import { answerRefusal } from '../platform/http/errors.ts'
import { answerCallRefusal } from '../platform/http/handle.ts'
import { dialledHost } from '../platform/connections/sync-route.ts'
import type { RunInTurn } from '../platform/http/call-queue.ts'

const check = makeCheck(EnrolRequest)

/** Tries of one address run one after the other, so that a flood of guesses uses one database connection and not all of them. */
const PER_ADDRESS = { running: 1, waiting: 99 }

/** What the route of enrolments is given. */
export interface EnrolRouteDependencies extends EnrolDependencies {
  log: HubLog
  failures: AttemptLimit
  runInTurn: RunInTurn
}

/** POST /api/v1/kiosks/enrol: 201, 200 when asked again, or a refusal of the closed list. [SYN-20] */
export function enrolRoute(dependencies: EnrolRouteDependencies): FastifyPluginAsync {
  const { log, failures, runInTurn } = dependencies
  return async (app) => {
    app.post('/api/v1/kiosks/enrol', async (request, reply) => {
      const checked = check(request.body)
      // Both go on screens and into the log of changes.
      const isTaken = checked.ok && isPrintable(checked.value.name) && isPrintable(checked.value.appVersion)
      if (!isTaken) return answerRefusal(reply, 'malformed')
      const from = { host: dialledHost(request), address: request.clientAddress }
      const done = await runInTurn({ reply, owner: addressBucket(from.address), limit: PER_ADDRESS }, () =>
        commitEnrolment(dependencies, checked.value, from, failures),
      )
      if (!done.ok) return answerCallRefusal(reply, done.refusal)
      const decision = done.value
      if (!decision.ok) {
        log.info('enrolment-refused', 'An enrolment was refused.', {
          why: decision.refusal.why,
          address: from.address,
        })
        return answerRefusal(withRetryAfter(reply, decision.refusal), decision.refusal.why)
      }
      const { isNew, ...kiosk } = decision.value
      if (isNew) log.info('kiosk-enrolled', 'A kiosk enrolled.', { ...kiosk, address: from.address })
      return reply.code(isNew ? 201 : 200).send(kiosk satisfies EnrolResponse)
    })
  }
}

type Reply = Parameters<typeof answerRefusal>[0]

function withRetryAfter(reply: Reply, refusal: EnrolRefusal): Reply {
  if (refusal.why !== 'tooMany') return reply
  return reply.header('retry-after', String(Math.max(1, Math.ceil(refusal.retryAfterMs / 1000))))
}
