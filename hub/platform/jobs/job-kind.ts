import { KIND_PREFIX } from './job-rows.ts'
import type { Static, TSchema } from 'typebox'

/** What a run of a job is told beside its payload. */
export interface JobRun {
  /** Aborted when the hub leaves the job or its time is over: what is done after that may be done elsewhere too. */
  signal: AbortSignal
  /** Number of this try, from 1. */
  tryNumber: number
}

/** A job that is to be done. */
export interface DueJob<Payload> {
  /** Names it within its kind: the same key again is the same job. [JOB-1] */
  key: string
  /** What it is about, by numbers: it is kept after the job has ended, and staff see it. */
  payload: Payload
  /** Ms since 1970 by the database's clock; left out: at once. */
  dueAtMs?: number
}

/**
 * A kind of job, registered by the feature that has it. What the job is about is in a table of that feature, and is the truth:
 * the job only says when to look there. So `run` finds out by itself whether there is something to do. [JOB-3]
 */
export interface JobKind<Schema extends TSchema = TSchema> {
  /** Letters, digits, dashes. Never changed: jobs of an earlier release wait under it. */
  name: string
  /** Of the payload. A later release still takes what an earlier one sent. */
  schema: Schema
  /**
   * How long a key is taken. `forGood`: for thirty days after the job has ended, so that it is done once. `whileUnfinished`:
   * until the job has ended, for work that comes again. [JOB-1]
   */
  keyHolds: 'forGood' | 'whileUnfinished'
  /** How many of them run at once at one hub. */
  atOnce: number
  /** Tries after the first one. */
  retries: number
  /** Seconds before the second try, doubled with each further one (and spread by up to as much), and the most there can be. */
  backOff: { firstS: number; longestS: number }
  /** Seconds after which a run counts as failed, also when its hub is gone. */
  timeoutS: number
  /** Throws when it is to be tried again. */
  run(payload: Static<Schema>, run: JobRun): Promise<void>
  /** What is due and may have no job, in the order in which it is to be done; a bounded number. Asked each minute. [JOB-3] */
  sweep(): Promise<DueJob<Static<Schema>>[]>
}

/** The runner's queue of a kind. */
export function queueOf(kind: string): string {
  return `${KIND_PREFIX}${kind}`
}
