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

/** What people do in their portal and staff at the command line, beside all of that. */
const PEOPLE_WEIGHTS = {
  personReport: 40,
  personUndo: 10,
  personMake: 4,
  personEdit: 10,
  personTrack: 10,
  personCorrect: 8,
  personRepeat: 24,
  staffSetting: 5,
} as const

/** One such operation before so many of the others. */
const PEOPLE_EVERY = 8

type DeviceOperationKind = keyof typeof WEIGHTS

/** Name of an operation of people or of staff at the command line. */
export type PeopleOperationKind = keyof typeof PEOPLE_WEIGHTS

/** Name of an operation: something that a person, staff or a fault does. */
export type OperationKind = DeviceOperationKind | PeopleOperationKind

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

const MAX_RANDOM_VALUE = 1 << 30

/**
 * The operations of one round: the same seed and round give the same list. `count` of devices, faults and the tree, and
 * between them what people do, by chance of its own.
 */
export function makeOperations(seed: number, round: number, count: number): Operation[] {
  const random = makeSeededRandom(seed * 1_000_003 + round)
  const peopleRandom = makeSeededRandom(seed * 1_000_003 + round + 500_000)
  return Array.from({ length: count }, () => {
    const own = makeOperation(random, WEIGHTS)
    return peopleRandom.integerBelow(PEOPLE_EVERY) === 0
      ? [makeOperation(peopleRandom, PEOPLE_WEIGHTS), own]
      : [own]
  }).flat()
}

function makeOperation<Kind extends OperationKind>(
  random: SeededRandom,
  weights: Readonly<Record<Kind, number>>,
): Operation {
  return {
    kind: pickKind(random, weights),
    a: random.integerBelow(MAX_RANDOM_VALUE),
    b: random.integerBelow(MAX_RANDOM_VALUE),
    c: random.integerBelow(MAX_RANDOM_VALUE),
  }
}

function pickKind<Kind extends OperationKind>(
  random: SeededRandom,
  weights: Readonly<Record<Kind, number>>,
): Kind {
  const kinds = Object.keys(weights) as Kind[]
  let left = random.integerBelow(kinds.reduce((sum, kind) => sum + weights[kind], 0))
  for (const kind of kinds) {
    left -= weights[kind]
    if (left < 0) return kind
  }
  throw new Error('no kind of operation')
}
