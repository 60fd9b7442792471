import { argon2id, hash } from 'argon2'
import { HASH_COST } from '../accounts/passwords.ts'
import { query } from '../platform/postgres/database.ts'
import { startWorker, type WorkerProcess } from './worker-process.ts'
import { limitFigure, median, quantile, ratioFigure, spread, type Benchmark, type Figure } from './figure.ts'
import type { HashRequest, HashAnswer } from './hash-process.ts'
import { withBusyUniversity, type BusyUniversity } from './busy-university.ts'
import { DURABLE } from './world.ts'

/** People who come at once, as after a lecture. */
const PEOPLE = 200
const REPORTS_PER_SECOND = 1_000
/** Sign-ins one after the other, beside bare hashes. */
const ALONE = 30
const PASSWORD = 'a password for measuring'

/** A storm of sign-ins beside a busy university: what it costs the reports, and how fast people get in. */
export const signIns: Benchmark = {
  name: 'sign-ins',
  about: `${PEOPLE} sign-ins at once while ${REPORTS_PER_SECOND} reports/s arrive`,
  run: (options) =>
    withBusyUniversity(
      DURABLE,
      async (scene) => {
        await insertPeople(scene, PEOPLE * (options.rounds + 1))
        const burner: WorkerProcess<HashRequest, HashAnswer> = startWorker('./hash-process.ts')
        try {
          const rounds: Round[] = []
          const alone: { signInMs: number; hashMs: number }[] = []
          for (let round = 0; round < options.rounds; round += 1) {
            alone.push(await measureAlone(scene, burner, PEOPLE * options.rounds, round))
            rounds.push(await measureStorm(scene, burner, PEOPLE * round))
            const last = rounds.at(-1)
            options.log(
              `  p99 of reports ${last?.besidePeopleMs.toFixed(0)} ms, beside bare hashes ${last?.besideHashesMs.toFixed(0)} ms; ${last?.perSecond.toFixed(0)} sign-ins/s; alone ${alone.at(-1)?.signInMs.toFixed(1)} ms, hash ${alone.at(-1)?.hashMs.toFixed(1)} ms`,
            )
          }
          return toFigures(rounds, alone)
        } finally {
          await burner.end()
        }
      },
      // Each person comes from an address of their own, as they do in production: tries are limited per address.
      { TRUST_PROXY: '127.0.0.1' },
    ),
}

interface Round {
  /** p99 of tap→ack of reports, ms. */
  besidePeopleMs: number
  besideHashesMs: number
  /** Sign-ins per second of the storm. */
  perSecond: number
}

async function insertPeople({ world }: BusyUniversity, count: number): Promise<void> {
  const stored = await hash(PASSWORD, { ...HASH_COST, type: argon2id })
  await query(
    world.pool,
    `insert into users (associated_university_id, email, email_key, password_hash, verified_at)
     select $1, 'person' || n || '@bench.example', 'person' || n || '@bench.example', $2, now()
     from generate_series(0, $3::int - 1) n`,
    [world.universityId, stored, count],
  )
  await query(world.pool, 'vacuum analyze users')
}

/** The storm while reports come in, and the same reports while the same hashes burn beside the hub. */
async function measureStorm(
  { hub, load }: BusyUniversity,
  burner: WorkerProcess<HashRequest, HashAnswer>,
  firstPerson: number,
): Promise<Round> {
  const openLoop = { kind: 'openLoop', perSecond: REPORTS_PER_SECOND } as const
  const startMs = performance.now()
  const storm = Promise.all(
    Array.from({ length: PEOPLE }, (_, index) => signIn(hub.url, firstPerson + index)),
  ).then(() => performance.now() - startMs)
  // Hashing takes longer than this on two cores, so that the whole stretch is beside it.
  const beside = await load.request({ ...openLoop, stretchMs: 3_000 })
  const stormMs = await storm
  const burning = burner.request({ count: PEOPLE })
  const bare = await load.request({ ...openLoop, stretchMs: 3_000 })
  await burning
  return {
    besidePeopleMs: quantile(beside.latenciesMs, 0.99),
    besideHashesMs: quantile(bare.latenciesMs, 0.99),
    perSecond: (PEOPLE * 1000) / stormMs,
  }
}

/** One sign-in at a time, and one bare hash at a time, in turn, while nothing else happens. */
async function measureAlone(
  { hub }: BusyUniversity,
  burner: WorkerProcess<HashRequest, HashAnswer>,
  firstPerson: number,
  round: number,
): Promise<{ signInMs: number; hashMs: number }> {
  const signInMs: number[] = []
  const hashMs: number[] = []
  for (let index = 0; index < ALONE; index += 1) {
    const startMs = performance.now()
    await signIn(hub.url, firstPerson + ((round * ALONE + index) % PEOPLE))
    signInMs.push(performance.now() - startMs)
    hashMs.push(...(await burner.request({ count: 1 })).eachMs)
  }
  return { signInMs: median(signInMs), hashMs: median(hashMs) }
}

async function signIn(url: string, person: number): Promise<void> {
  const answer = await fetch(`${url}/api/v1/auth/token`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-forwarded-for': `10.1.${(person >> 8) % 256}.${person % 256}`,
    },
    body: JSON.stringify({ email: `person${person}@bench.example`, password: PASSWORD }),
  })
  if (answer.status !== 200)
    throw new Error(`a sign-in was answered ${answer.status}: ${await answer.text()}`)
  await answer.arrayBuffer()
}

function toFigures(
  rounds: readonly Round[],
  alone: readonly { signInMs: number; hashMs: number }[],
): Figure[] {
  const values = rounds.map(({ besidePeopleMs }) => besidePeopleMs)
  const rates = rounds.map(({ perSecond }) => perSecond)
  return [
    limitFigure({
      name: 'sign-ins-reports-p99',
      value: median(values),
      unit: 'ms p99',
      atMost: 150,
      note: `tap→ack of reports while ${PEOPLE} people sign in; by round ${spread(values)}`,
    }),
    ratioFigure({
      name: 'sign-ins-reports-vs-hashes',
      unit: 'ms p99',
      values,
      baselines: rounds.map(({ besideHashesMs }) => besideHashesMs),
      atMost: 1.5,
      note: `baseline: the same reports while ${PEOPLE} hashes burn in a process beside the hub, two at a time`,
    }),
    limitFigure({
      name: 'sign-ins-per-second',
      value: median(rates),
      unit: 'sign-ins/s',
      atLeast: 30,
      note: `${PEOPLE} at once, until the last is in, while reports arrive; by round ${spread(rates)}`,
    }),
    ratioFigure({
      name: 'sign-in-alone',
      unit: 'ms',
      values: alone.map(({ signInMs }) => signInMs),
      baselines: alone.map(({ hashMs }) => hashMs),
      atMost: 1.5,
      note: 'one sign-in over HTTP, nothing else going on, against its bare hash in a process beside',
    }),
  ]
}
