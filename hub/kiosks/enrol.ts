import type { FastifyPluginAsync } from 'fastify'
import type { AttemptLimit } from '#shared/domain/conduct.ts'
import { makeCheck } from '#shared/wire/parse.ts'
import { EnrolRequest, type EnrolResponse } from '#shared/wire/rest.ts'
import { addressBucket } from '../platform/http/network-address.ts'
import { commitEnrolment, type EnrolDependencies, type EnrolRefusal } from './enrol-kiosk.ts'
import { isPrintable } from '../platform/printable.ts'
import type { HubLog } from '../platform/log.ts'
import { answerRefusal } from '../platform/http/errors.ts'
import { dialledHost } from '../platform/connections/sync-route.ts'
import { makeKeyedQueue } from '../platform/http/keyed-queue.ts'

const check = makeCheck(EnrolRequest)

/** POST /api/v1/kiosks/enrol: 201, 200 when asked again, or a refusal of the closed list. [SYN-20] */
export function enrolRoute(
  dependencies: EnrolDependencies,
  log: HubLog,
  failures: AttemptLimit,
): FastifyPluginAsync {
  return async (app) => {
    // Tries of one address run one after the other, so that a flood of guesses uses one database connection and not all of them.
    const queue = makeKeyedQueue(100)
    app.post('/api/v1/kiosks/enrol', async (request, reply) => {
      const checked = check(request.body)
      // Both go on screens and into the log of changes.
      const isTaken = checked.ok && isPrintable(checked.value.name) && isPrintable(checked.value.appVersion)
      if (!isTaken) return answerRefusal(reply, 'malformed')
      const from = { host: dialledHost(request), address: request.clientAddress }
      const running = queue.run(addressBucket(from.address), () =>
        commitEnrolment(dependencies, checked.value, from, failures),
      )
      if (running === null) return answerRefusal(reply.header('retry-after', '5'), 'tooMany')
      const decision = await running
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
