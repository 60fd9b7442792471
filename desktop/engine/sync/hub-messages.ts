import { Type } from 'typebox'
import type { Decision } from '#shared/domain/decision.ts'
import type { Assignment } from '#shared/domain/kiosk.ts'
import {
  Ack,
  Bye,
  Challenge,
  Changes,
  Forked,
  Heartbeat,
  RefusedOutcome,
  ConnectionError,
  Reassigned,
  Reply,
  Snapshot,
  Welcome,
  type HubMessage,
  type KioskMessage,
} from '#shared/wire/messages.ts'
import { makeCheck } from '#shared/wire/parse.ts'
import { parseAssignment } from './parse-assignment.ts'

/** An assignment, or the path of what in it cannot be shown here: the rest of such a message counts. [KSK-5] */
interface ParsedAssignment {
  assignment: Decision<Assignment, string>
}
/** A welcome with its assignment parsed. */
export type ReceivedWelcome = Omit<Welcome, 'assignment'> & ParsedAssignment
type ReceivedAssignment = Omit<Reassigned, 'assignment'> & ParsedAssignment

/** A hub's message as the engine handles it. */
export type ReceivedMessage = Exclude<HubMessage, Welcome | Reassigned> | ReceivedWelcome | ReceivedAssignment

const AnyAssignment = { assignment: Type.Object({}) }
const STRICT = { additionalProperties: false }

/** A hub of later may know more reasons than this program. */
const AnyOutcome = Type.Object({ ...RefusedOutcome.properties, why: Type.String({ maxLength: 64 }) }, STRICT)
const isKnownWhy = makeCheck(RefusedOutcome.properties.why)

const CHECKS = {
  challenge: makeCheck(Challenge),
  forked: makeCheck(Forked),
  welcome: makeCheck(Type.Object({ ...Welcome.properties, ...AnyAssignment }, STRICT)),
  snapshot: makeCheck(Snapshot),
  changes: makeCheck(Changes),
  ack: makeCheck(Type.Object({ ...Ack.properties, outcomes: Type.Array(AnyOutcome) }, STRICT)),
  heartbeat: makeCheck(Heartbeat),
  assignment: makeCheck(Type.Object({ ...Reassigned.properties, ...AnyAssignment }, STRICT)),
  bye: makeCheck(Bye),
  err: makeCheck(ConnectionError),
  reply: makeCheck(Reply),
} as const

/** A hub's text as a message; null when it is none. Only the schema of its own type is checked: parts are large. [SYN-15] */
export function parseHubMessage(text: string): ReceivedMessage | null {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return null
  }
  if (typeof value !== 'object' || value === null || !('type' in value)) return null
  const { type } = value
  if (typeof type !== 'string' || !isKnownType(type)) return null
  const checked = CHECKS[type](value)
  if (!checked.ok) return null
  const message = checked.value
  switch (message.type) {
    case 'welcome':
    case 'assignment':
      return { ...message, assignment: parseAssignment(message.assignment) }
    case 'ack':
      return { ...message, outcomes: message.outcomes.map(knownOutcome) }
    default:
      return message
  }
}

/** A reason that this program does not know is shown as a fault of the hub. [SYN-36] */
function knownOutcome({ id, why }: { id: number; why: string }): RefusedOutcome {
  const known = isKnownWhy(why)
  return { id, why: known.ok ? known.value : 'internal' }
}

function isKnownType(type: string): type is keyof typeof CHECKS {
  return Object.hasOwn(CHECKS, type)
}

/** The text of a message to the hub. */
export function kioskMessageText(message: KioskMessage): string {
  return JSON.stringify(message)
}
