import type { SeededRandom } from '#shared/domain/seeded-random.ts'

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
export function makeFuzzMessage(random: SeededRandom, id: number): FuzzMessage {
  if (random.withProbability(0.5)) return mutate(random, id)
  if (random.withProbability(0.1)) return { data: makeBytes(random), id: null }
  const message = {
    id,
    name: random.pick(NASTY),
    input: makeValue(random, 4),
    [makeKey(random)]: makeValue(random, 2),
  }
  return { data: JSON.stringify({ ...message, id }), id }
}

function mutate(random: SeededRandom, id: number): FuzzMessage {
  const valid = structuredClone(random.pick(VALID)) as { name: unknown; input: Record<string, unknown> }
  const message: Record<string, unknown> = { id, ...valid }
  switch (random.integerBelow(8)) {
    case 0:
      message['name'] = random.pick(NASTY)
      break
    case 1:
      message['input'] = makeValue(random, 3)
      break
    case 2:
      for (const key of Object.keys(valid.input)) valid.input[key] = random.pick(NASTY)
      break
    case 3:
      valid.input[makeKey(random)] = random.pick(NASTY)
      break
    case 4:
      message[makeKey(random)] = random.pick(NASTY)
      break
    case 5:
      return { data: cut(random, JSON.stringify(message)), id: null }
    case 6:
      return {
        data: JSON.stringify({ ...message, id: random.pick([0, -1, 0.5, 2 ** 53, '1', null, [1]]) }),
        id: null,
      }
    default:
      delete message[random.pick(['name', 'input'])]
  }
  return { data: JSON.stringify({ ...message, id }), id }
}

/** Cut short, so that it is no JSON any more. */
function cut(random: SeededRandom, text: string): string {
  return text.slice(0, random.integerBelow(text.length - 1) + 1)
}

function makeKey(random: SeededRandom): string {
  return random.pick(['more', '__proto__', 'constructor', 'spaceId', 'level', 'ID', 'x'.repeat(200), ''])
}

function makeValue(random: SeededRandom, depth: number): unknown {
  if (depth === 0 || random.withProbability(0.3)) return random.pick(NASTY)
  const items = Array.from({ length: random.integerBelow(4) }, () => makeValue(random, depth - 1))
  if (random.withProbability(0.5)) return items
  return Object.fromEntries(items.map((item) => [makeKey(random), item]))
}

/** Text or bytes that no screen would send. */
function makeBytes(random: SeededRandom): string | Buffer {
  const bytes = Buffer.from(Array.from({ length: random.integerBelow(64) }, () => random.integerBelow(256)))
  return random.withProbability(0.5) ? bytes : bytes.toString('latin1')
}
