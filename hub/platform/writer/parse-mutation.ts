import type { Decision } from '#shared/domain/decision.ts'
import type { PushedMutation } from '#shared/wire/messages.ts'
import { makeCheck, type Malformed } from '#shared/wire/parse.ts'
import type { KioskCommand } from './command.ts'

/** A mutation of a push with its checked body. */
export type ParsedMutation =
  | { verdict: 'unknownKind' }
  | { verdict: 'malformed'; command: KioskCommand }
  | { verdict: 'parsed'; command: KioskCommand; body: unknown }

const UNKNOWN_KIND: ParsedMutation = { verdict: 'unknownKind' }

/** Makes what parses mutations: by their kind, with the schema of its command. */
export function makeParseMutation(
  commands: readonly KioskCommand[],
): (mutation: PushedMutation) => ParsedMutation {
  const byKind = new Map(
    commands.map((command): [string, { command: KioskCommand; check: Check }] => [
      command.kind,
      { command, check: makeCheck(command.schema) },
    ]),
  )
  return ({ kind, body }) => {
    const known = byKind.get(kind)
    if (known === undefined) return UNKNOWN_KIND
    const checked = known.check(body)
    const { command } = known
    return checked.ok
      ? { verdict: 'parsed', command, body: checked.value }
      : { verdict: 'malformed', command }
  }
}

type Check = (value: unknown) => Decision<unknown, Malformed>
