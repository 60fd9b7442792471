import { refuse } from '#shared/domain/decision.ts'
import { KioskMessage } from '#shared/wire/messages.ts'
import { makeParse } from '#shared/wire/parse.ts'
import { isPrintable } from '../printable.ts'

const parse = makeParse(KioskMessage)

/**
 * Reads a kiosk's frame. What the hub would keep of it in the kiosk's own words must be text that it can keep: many
 * kiosks' hellos and statuses share one statement, and one that the database refuses would spoil the others'. [SYN-15]
 */
export function parseKioskMessage(text: string): ReturnType<typeof parse> {
  const parsed = parse(text)
  if (!parsed.ok) return parsed
  const message = parsed.value
  const kept =
    message.type === 'hello'
      ? [message.appVersion, message.ticket ?? '']
      : message.type === 'applied'
        ? [message.ticket]
        : []
  if (kept.every(isPrintable)) return parsed
  return refuse({ why: 'malformed', at: '', reason: 'holds what cannot be kept' })
}
