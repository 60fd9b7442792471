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
  ConnectionError,
  Reassigned,
  Reply,
  Snapshot,
  Welcome,
  type HubMessage,
  type KioskMessage,
} from '#shared/wire/messages.ts'
import { makeCheck } from '#shared/wire/parse.ts'
import { readAssignment } from './parse-assignment.ts'

/** A place as a hub told it, or what of it cannot be shown here: the rest of such a message counts. [KSK-5] */
interface ToldPlace {
  assignment: Decision<Assignment, string>
}
export type HeardWelcome = Omit<Welcome, 'assignment'> & ToldPlace
type HeardPlace = Omit<Reassigned, 'assignment'> & ToldPlace

/** A hub's message as an engine takes it in. */
export type HeardMessage = Exclude<HubMessage, Welcome | Reassigned> | HeardWelcome | HeardPlace

const AnyPlace = { assignment: Type.Object({}) }
const STRICT = { additionalProperties: false }

const CHECKS = {
  challenge: makeCheck(Challenge),
  forked: makeCheck(Forked),
  welcome: makeCheck(Type.Object({ ...Welcome.properties, ...AnyPlace }, STRICT)),
  snapshot: makeCheck(Snapshot),
  changes: makeCheck(Changes),
  ack: makeCheck(Ack),
  heartbeat: makeCheck(Heartbeat),
  assignment: makeCheck(Type.Object({ ...Reassigned.properties, ...AnyPlace }, STRICT)),
  bye: makeCheck(Bye),
  err: makeCheck(ConnectionError),
  reply: makeCheck(Reply),
} as const

/** A hub's text as a message; null when it is none. Only the schema of its own type is asked: parts are large. */
export function parseHubMessage(text: string): HeardMessage | null {
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
  return message.type === 'welcome' || message.type === 'assignment'
    ? { ...message, assignment: readAssignment(message.assignment) }
    : message
}

function isKnownType(type: string): type is keyof typeof CHECKS {
  return Object.hasOwn(CHECKS, type)
}

/** The text of a message to the hub. */
export function kioskText(message: KioskMessage): string {
  return JSON.stringify(message)
}
