import { makeSeededRandom, type SeededRandom } from '#shared/domain/seeded-random.ts'

/**
 * What a simulation can do, with how often. `fault: true` ones are counted as faults. Numbers are weights out of the
 * sum; taps and withdrawals come to about nine of ten.
 */
const WEIGHTS = {
  tap: 790,
  withdraw: 60,
  wait: 40,
  cut: 6,
  cutLate: 6,
  halfOpen: 5,
  partition: 5,
  slow: 5,
  twice: 5,
  kioskCrash: 7,
  kioskPowerCut: 5,
  kioskReboot: 3,
  suspend: 3,
  clockJump: 5,
  diskFull: 4,
  corruptCache: 3,
  cloneDisk: 3,
  oldProtocol: 4,
  hubCrash: 7,
  hubStop: 4,
  tornBatch: 6,
  databaseCut: 5,
  backup: 2,
  restore: 2,
  spaceAdd: 2,
  spaceDelete: 2,
  spaceMove: 2,
  spaceGrow: 2,
  kioskMove: 2,
  revoke: 2,
} as const

/** Name of an operation: something that a person, staff or a fault does. */
export type OperationKind = keyof typeof WEIGHTS

/**
 * One operation. `a`, `b`, `c` are random values, made beforehand and taken modulo whatever there is when it is
 * done, so that a list with parts left out is still a list.
 */
export interface Operation {
  kind: OperationKind
  a: number
  b: number
  c: number
}

const KINDS: readonly OperationKind[] = Object.keys(WEIGHTS) as OperationKind[]
const TOTAL = KINDS.reduce((sum, kind) => sum + WEIGHTS[kind], 0)
const MAX_RANDOM_VALUE = 1 << 30

/** The operations of one round: the same seed and round give the same list. */
export function makeOperations(seed: number, round: number, count: number): Operation[] {
  const random = makeSeededRandom(seed * 1_000_003 + round)
  return Array.from({ length: count }, () => ({
    kind: pickKind(random),
    a: random.integerBelow(MAX_RANDOM_VALUE),
    b: random.integerBelow(MAX_RANDOM_VALUE),
    c: random.integerBelow(MAX_RANDOM_VALUE),
  }))
}

function pickKind(random: SeededRandom): OperationKind {
  let left = random.integerBelow(TOTAL)
  for (const kind of KINDS) {
    left -= WEIGHTS[kind]
    if (left < 0) return kind
  }
  return 'tap'
}
