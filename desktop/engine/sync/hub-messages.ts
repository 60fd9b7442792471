import {
  Ack,
  Bye,
  Challenge,
  Changes,
  Forked,
  Heartbeat,
  LineError,
  Reassigned,
  Reply,
  Snapshot,
  Welcome,
  type HubMessage,
  type KioskMessage,
} from '#shared/wire/messages.ts'
import { makeCheck } from '#shared/wire/parse.ts'

const CHECKS = {
  challenge: makeCheck(Challenge),
  forked: makeCheck(Forked),
  welcome: makeCheck(Welcome),
  snapshot: makeCheck(Snapshot),
  changes: makeCheck(Changes),
  ack: makeCheck(Ack),
  heartbeat: makeCheck(Heartbeat),
  assignment: makeCheck(Reassigned),
  bye: makeCheck(Bye),
  err: makeCheck(LineError),
  reply: makeCheck(Reply),
} as const

/** A hub's text as a message; null when it is none. Only the schema of its own type is asked: parts are large. */
export function parseHubMessage(text: string): HubMessage | null {
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
  return checked.ok ? checked.value : null
}

function isKnownType(type: string): type is keyof typeof CHECKS {
  return Object.hasOwn(CHECKS, type)
}

/** The text of a message to the hub. */
export function kioskText(message: KioskMessage): string {
  return JSON.stringify(message)
}
