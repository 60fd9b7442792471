import type { HubLog } from '../log.ts'
import type { HubClock } from '../ports.ts'

/** Something that happens by itself. `run` may be repeated at any time and by any hub. */
export interface Job {
  name: string
  everyMs: number
  run(): Promise<void>
}

/** The hub's running jobs. */
export interface Jobs {
  /** Names of jobs that have not succeeded for three of their intervals: the hub is not ready. */
  late(): string[]
  /** Runs no more; resolves when what runs has ended. */
  stop(): Promise<void>
}

/** Starts jobs, each at once and then after every interval; a failing one is noted and tried again. */
export function startJobs(jobs: readonly Job[], clock: HubClock, log: HubLog): Jobs {
  const runners = jobs.map((job) => startJob(job, clock, log))
  return {
    late: () => runners.filter((runner) => runner.isLate()).map((runner) => runner.name),
    stop: async () => {
      await Promise.all(runners.map((runner) => runner.stop()))
    },
  }
}

function startJob(
  job: Job,
  clock: HubClock,
  log: HubLog,
): { name: string; isLate(): boolean; stop(): Promise<void> } {
  let succeededAtMs = clock.elapsedMs()
  let isStopped = false
  let cancel = (): void => undefined
  const runOnce = async (): Promise<void> => {
    try {
      await job.run()
      succeededAtMs = clock.elapsedMs()
    } catch (error) {
      log.error('a job failed', { job: job.name, err: error })
    }
    if (!isStopped) cancel = clock.after(job.everyMs, start)
  }
  let running = Promise.resolve()
  const start = (): void => {
    running = runOnce()
  }
  start()
  return {
    name: job.name,
    isLate: () => clock.elapsedMs() - succeededAtMs > 3 * job.everyMs,
    stop: async () => {
      isStopped = true
      cancel()
      await running
    },
  }
}
