import type { Dice } from '#shared/domain/dice.ts'

/** A message to throw at the bridge, and the number under which it must be answered; null: it must end the socket. */
export interface FuzzMessage {
  data: string | Buffer
  id: number | null
}

const VALID: readonly { name: string; input: unknown }[] = [
  { name: 'reportOccupancy', input: { spaceId: 1, level: 2 } },
  { name: 'withdrawReport', input: { mutationId: 1 } },
  { name: 'enrol', input: { code: 'ABCD-EFGH' } },
  { name: 'openDiagnostics', input: { pin: '0000' } },
  { name: 'leaveFullScreen', input: {} },
  { name: 'painted', input: { isVisible: true } },
  { name: 'logFault', input: { kind: 'render', text: 'RangeError: a fault' } },
]

const NASTY: readonly unknown[] = [
  null,
  true,
  -1,
  0.5,
  1e308,
  2 ** 53,
  '',
  '__proto__',
  'constructor',
  '\u0000\u202e\ud800',
  'x'.repeat(5_000),
  [],
  [[[[[[[[]]]]]]]],
  {},
  { toString: 1 },
  { level: { level: {} } },
]

/** The next message: half of them are valid calls with one or two things changed, the rest is made up. */
export function makeFuzzMessage(dice: Dice, id: number): FuzzMessage {
  if (dice.chance(0.5)) return mutate(dice, id)
  if (dice.chance(0.1)) return { data: makeBytes(dice), id: null }
  const message = {
    id,
    name: dice.pick(NASTY),
    input: makeValue(dice, 4),
    [makeKey(dice)]: makeValue(dice, 2),
  }
  return { data: JSON.stringify({ ...message, id }), id }
}

function mutate(dice: Dice, id: number): FuzzMessage {
  const valid = structuredClone(dice.pick(VALID)) as { name: unknown; input: Record<string, unknown> }
  const message: Record<string, unknown> = { id, ...valid }
  switch (dice.below(8)) {
    case 0:
      message['name'] = dice.pick(NASTY)
      break
    case 1:
      message['input'] = makeValue(dice, 3)
      break
    case 2:
      for (const key of Object.keys(valid.input)) valid.input[key] = dice.pick(NASTY)
      break
    case 3:
      valid.input[makeKey(dice)] = dice.pick(NASTY)
      break
    case 4:
      message[makeKey(dice)] = dice.pick(NASTY)
      break
    case 5:
      return { data: cut(dice, JSON.stringify(message)), id: null }
    case 6:
      return {
        data: JSON.stringify({ ...message, id: dice.pick([0, -1, 0.5, 2 ** 53, '1', null, [1]]) }),
        id: null,
      }
    default:
      delete message[dice.pick(['name', 'input'])]
  }
  return { data: JSON.stringify({ ...message, id }), id }
}

/** Cut short, so that it is no JSON any more. */
function cut(dice: Dice, text: string): string {
  return text.slice(0, dice.below(text.length - 1) + 1)
}

function makeKey(dice: Dice): string {
  return dice.pick(['more', '__proto__', 'constructor', 'spaceId', 'level', 'ID', 'x'.repeat(200), ''])
}

function makeValue(dice: Dice, depth: number): unknown {
  if (depth === 0 || dice.chance(0.3)) return dice.pick(NASTY)
  const items = Array.from({ length: dice.below(4) }, () => makeValue(dice, depth - 1))
  if (dice.chance(0.5)) return items
  return Object.fromEntries(items.map((item) => [makeKey(dice), item]))
}

/** Text or bytes that no screen would send. */
function makeBytes(dice: Dice): string | Buffer {
  const bytes = Buffer.from(Array.from({ length: dice.below(64) }, () => dice.below(256)))
  return dice.chance(0.5) ? bytes : bytes.toString('latin1')
}
