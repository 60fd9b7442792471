import { refuse, type Decision } from '#shared/domain/decision.ts'
import type { PersonCommand } from '../writer/command.ts'
import type { TenantWriter } from '../writer/tenant-writer.ts'
import type { HttpRefusal, SignedIn } from './handle.ts'

/**
 * Runs a person's command in the lane of their university, under the name that they gave their call; somebody without a
 * university gets `notFound`. [IDN-9] [SYN-51]
 */
export async function runCommand<Body, Value, Result>(
  writer: TenantWriter,
  command: PersonCommand<Body, Value, Result>,
  caller: SignedIn,
  body: Body,
): Promise<Decision<Result, HttpRefusal>> {
  const { universityId, userId } = caller.actor
  if (universityId === null) return refuse({ why: 'notFound' })
  const by = { userId, sessionId: caller.sessionId, address: caller.address }
  return writer.run(universityId, command, by, body, caller.callName)
}
