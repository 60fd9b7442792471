import type { FastifyPluginAsync } from 'fastify'
import pTimeout from 'p-timeout'
import { loadMissingMigrations } from '../postgres/migrate.ts'
import type { Database } from '../postgres/database.ts'

/** What readiness is asked of. */
export interface HealthDependencies {
  pool: Database
  /** Names of jobs that are late. */
  lateJobs(): string[] | Promise<string[]>
}

type PartState = 'ok' | 'failing'

/** The body of /readyz: which part is not ready. */
export interface Readiness {
  isReady: boolean
  parts: { database: PartState; migrations: PartState; jobs: PartState }
}

/** A database that does not answer within this time is not ready. */
const TIMEOUT_MS = 2_000

/** `/livez`: the process answers. `/readyz`: 200, or 503 with the part that fails. */
export function healthRoutes(dependencies: HealthDependencies): FastifyPluginAsync {
  // However many ask, the database is asked once at a time.
  const asking: { now: Promise<Readiness> | null } = { now: null }
  const readinessNow = (): Promise<Readiness> =>
    (asking.now ??= loadReadiness(dependencies).finally(() => {
      asking.now = null
    }))
  return async (app) => {
    app.get('/livez', async () => ({ isLive: true }))
    app.get('/readyz', async (_request, reply) => {
      const readiness = await readinessNow()
      return reply.code(readiness.isReady ? 200 : 503).send(readiness)
    })
  }
}

async function loadReadiness({ pool, lateJobs }: HealthDependencies): Promise<Readiness> {
  const isAnswering = await answers(() => pool.query('select 1').then(() => true))
  const isMigrated =
    isAnswering && (await answers(() => loadMissingMigrations(pool).then((missing) => missing.length === 0)))
  const state = (isOk: boolean): PartState => (isOk ? 'ok' : 'failing')
  // Without a database nobody knows whether jobs are late; the database is reported as failing already.
  const jobsAreWell = !isAnswering || (await answers(async () => (await lateJobs()).length === 0))
  return {
    isReady: isAnswering && isMigrated && jobsAreWell,
    parts: { database: state(isAnswering), migrations: state(isMigrated), jobs: state(jobsAreWell) },
  }
}

async function answers(ask: () => Promise<boolean>): Promise<boolean> {
  return pTimeout(
    ask().catch(() => false),
    { milliseconds: TIMEOUT_MS, fallback: () => false },
  )
}
