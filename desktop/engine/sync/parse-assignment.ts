import { refuse, type Decision } from '#shared/domain/decision.ts'
import { Assignment } from '#shared/domain/kiosk.ts'
import { makeLocalClock } from '#shared/domain/week-time.ts'
import { makeCheck } from '#shared/wire/parse.ts'

const check = makeCheck(Assignment)

/**
 * A kiosk's assignment from a hub, where this device can show it; else refused with the path of what does not fit: a role that it
 * has no screens for, a time zone that it does not know, since the hub's list of them may be newer. A language may be any: what
 * screens do not have they show in another. [KSK-5] [LNG-4]
 */
export function parseAssignment(value: unknown): Decision<Assignment, string> {
  const parsed = check(value)
  if (!parsed.ok) return refuse(parsed.refusal.at)
  try {
    makeLocalClock(parsed.value.timezone)
  } catch {
    return refuse('/timezone')
  }
  return parsed
}
