import { once } from 'node:events'
import { createServer } from 'node:http'
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from '@platformatic/prom-client'
import type { NotRun, QueueObserver } from './fair-queue.ts'
import { hostWithoutPort } from './http/request-target.ts'

/** From a tenth of a millisecond, where a local commit is, to the ten seconds at which people give up. */
const SECONDS = [0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

const LOOPBACK_NAMES = ['127.0.0.1', 'localhost']

/** What the hub measures of itself while it runs; every call is cheap and never throws. Served at /metrics. */
export interface HubMetrics {
  /** A kiosk came (+1) or went (−1). */
  connectedKiosks(delta: number): void
  /** One group commit: how many mutations, and ms from its begin to the return of COMMIT. */
  batch(size: number, durationMs: number): void
  /** So many more, or fewer, wait for a commit. */
  lane(delta: number): void
  /** Ms that the one of a commit had waited which came first. */
  laneWaited(ms: number): void
  /** Ms since that came which has waited longest and is not committed yet, now; 0: nothing waits. */
  laneOldest(ms: number): void
  /** A commit is tried again. */
  commitRetried(): void
  /** Ms from the arrival of a push to its ack. */
  ack(latencyMs: number): void
  /** Ms from a commit to its frame being handed to the sockets. */
  fanOutLag(ms: number): void
  /** How many sockets have more unsent than the limit, now. [SYN-24] */
  socketsBehind(count: number): void
  /** Mutations that wait at a kiosk, as it last reported; null when the kiosk disconnected. */
  outboxDepth(kioskId: number, depth: number | null): void
  /** An attempt to send a mail: it was sent, will be tried again, or was given up. */
  mail(outcome: 'sent' | 'later' | 'givenUp'): void
  /** All jobs with a payload that are due, run or were given up, by kind, now. [JOB-5] */
  jobs(counts: readonly JobFigures[]): void
  /** How many calls of a queue run and wait, now. */
  calls(queue: CallQueueName, counts: { running: number; waiting: number }): void
  /** Ms that a call waited in a queue which was begun then. */
  callWaited(queue: CallQueueName, ms: number): void
  /** A call was not begun: so many of its owner wait, it waited too long, or who made it hung up. */
  callNotRun(queue: CallQueueName, why: NotRun): void
}

/** Jobs of one kind: how many are due, run, and were given up, and ms for which the one has been due that waits longest. */
export interface JobFigures {
  kind: string
  due: number
  running: number
  failed: number
  oldestDueMs: number
}

/** The queues that calls over HTTP wait in. */
export type CallQueueName = 'calls' | 'heavyReads' | 'enrolments'

/** Measures nothing: for tests and simulations. */
export const noMetrics: HubMetrics = {
  connectedKiosks: () => undefined,
  batch: () => undefined,
  lane: () => undefined,
  laneWaited: () => undefined,
  laneOldest: () => undefined,
  commitRetried: () => undefined,
  ack: () => undefined,
  fanOutLag: () => undefined,
  socketsBehind: () => undefined,
  outboxDepth: () => undefined,
  mail: () => undefined,
  jobs: () => undefined,
  calls: () => undefined,
  callWaited: () => undefined,
  callNotRun: () => undefined,
}

/** What a queue is observed by. */
export function observeQueue(metrics: HubMetrics, queue: CallQueueName): QueueObserver {
  return {
    changed: (counts) => metrics.calls(queue, counts),
    waited: (ms) => metrics.callWaited(queue, ms),
    notRun: (why) => metrics.callNotRun(queue, why),
  }
}

/** Metrics that are kept and can be given in Prometheus' text format. */
export interface PrometheusMetrics extends HubMetrics {
  contentType: string
  text(): Promise<string>
}

/** Keeps what the hub measures. */
export function makeMetrics(): PrometheusMetrics {
  const registry = new Registry()
  const registers = [registry]
  const connected = new Gauge({ name: 'carrel_connected_kiosks', help: 'Kiosks connected now', registers })
  const batchSize = new Histogram({
    name: 'carrel_batch_mutations',
    help: 'Mutations of one group commit',
    buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000],
    registers,
  })
  const times = { buckets: SECONDS, registers }
  const batchTime = new Histogram({
    name: 'carrel_batch_seconds',
    help: 'Duration of one group commit',
    ...times,
  })
  const ackTime = new Histogram({ name: 'carrel_ack_seconds', help: 'From a push to its ack', ...times })
  const lag = new Histogram({
    name: 'carrel_fan_out_lag_seconds',
    help: 'From a commit to its frame',
    ...times,
  })
  const behind = new Gauge({ name: 'carrel_sockets_behind', help: 'Sockets with too much unsent', registers })
  const mails = new Counter({
    name: 'carrel_mails_total',
    help: 'Attempts to send mail, by how they ended: sent, later, givenUp',
    labelNames: ['outcome'],
    registers,
  })
  for (const outcome of ['sent', 'later', 'givenUp']) mails.inc({ outcome }, 0)
  const depths = new Map<number, number>()
  outboxGauges(depths, registers)
  const calls = callMetrics(registers)
  const lanes = laneMetrics(registers)
  collectDefaultMetrics({ register: registry })
  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    connectedKiosks: (delta) => connected.inc(delta),
    batch: (size, durationMs) => {
      batchSize.observe(size)
      batchTime.observe(durationMs / 1000)
    },
    ack: (latencyMs) => ackTime.observe(latencyMs / 1000),
    fanOutLag: (ms) => lag.observe(ms / 1000),
    socketsBehind: (count) => behind.set(count),
    outboxDepth: (kioskId, depth) => {
      if (depth === null) depths.delete(kioskId)
      else depths.set(kioskId, depth)
    },
    mail: (outcome) => mails.inc({ outcome }),
    jobs: jobGauges(registers),
    ...calls,
    ...lanes,
  }
}

function laneMetrics(
  registers: Registry[],
): Pick<HubMetrics, 'lane' | 'laneWaited' | 'laneOldest' | 'commitRetried'> {
  const waiting = new Gauge({
    name: 'carrel_lane_waiting',
    help: 'Pushes, calls and commands that wait for a commit now',
    registers,
  })
  const waitTime = new Histogram({
    name: 'carrel_lane_wait_seconds',
    help: 'How long the first one of a commit had waited for it',
    buckets: SECONDS,
    registers,
  })
  const oldest = new Gauge({
    name: 'carrel_lane_oldest_seconds',
    help: 'How long that has waited which came first and is not committed yet',
    registers,
  })
  const retries = new Counter({
    name: 'carrel_commit_retries_total',
    help: 'Commits that were tried again',
    registers,
  })
  return {
    lane: (delta) => waiting.inc(delta),
    laneWaited: (ms) => waitTime.observe(ms / 1000),
    laneOldest: (ms) => oldest.set(ms / 1000),
    commitRetried: () => retries.inc(),
  }
}

function jobGauges(registers: Registry[]): HubMetrics['jobs'] {
  const gauge = (name: string, help: string): Gauge<'kind'> =>
    new Gauge({ name, help, labelNames: ['kind'], registers })
  const due = gauge('carrel_jobs_due', 'Jobs that are due and not begun, by kind')
  const running = gauge('carrel_jobs_running', 'Jobs that run now, at all hubs')
  const failed = gauge('carrel_jobs_failed', 'Jobs that were given up and not tried again since')
  const oldest = gauge('carrel_jobs_oldest_due_seconds', 'How long the job has been due that waits longest')
  return (counts) => {
    // A kind without any is left out of the counts.
    for (const one of [due, running, failed, oldest]) one.reset()
    for (const { kind, ...count } of counts) {
      due.set({ kind }, count.due)
      running.set({ kind }, count.running)
      failed.set({ kind }, count.failed)
      oldest.set({ kind }, count.oldestDueMs / 1000)
    }
  }
}

type CallMetrics = Pick<HubMetrics, 'calls' | 'callWaited' | 'callNotRun'>

function callMetrics(registers: Registry[]): CallMetrics {
  const labelNames = ['queue']
  const running = new Gauge({
    name: 'carrel_calls_running',
    help: 'Calls of a queue that run now: calls, heavyReads, enrolments',
    labelNames,
    registers,
  })
  const waiting = new Gauge({
    name: 'carrel_calls_waiting',
    help: 'Calls that wait in a queue now',
    labelNames,
    registers,
  })
  const waitTime = new Histogram({
    name: 'carrel_call_wait_seconds',
    help: 'How long calls waited in a queue that had to, before they were begun',
    labelNames,
    buckets: SECONDS,
    registers,
  })
  const notRun = new Counter({
    name: 'carrel_calls_not_run_total',
    help: 'Calls that were not begun, by why: full (429), late (503), gone (hung up)',
    labelNames: ['queue', 'why'],
    registers,
  })
  for (const queue of ['calls', 'heavyReads', 'enrolments'])
    for (const why of ['full', 'late', 'gone']) notRun.inc({ queue, why }, 0)
  return {
    calls: (queue, counts) => {
      running.set({ queue }, counts.running)
      waiting.set({ queue }, counts.waiting)
    },
    callWaited: (queue, ms) => waitTime.observe({ queue }, ms / 1000),
    callNotRun: (queue, why) => notRun.inc({ queue, why }),
  }
}

/** Sum and greatest, not one series per kiosk: thousands of series would cost more than they tell. */
function outboxGauges(depths: ReadonlyMap<number, number>, registers: Registry[]): void {
  const gauge = (name: string, help: string, value: () => number): Gauge =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(value())
      },
    })
  gauge('carrel_outbox_depth_sum', 'Mutations waiting at all kiosks, as last reported', () => {
    let sum = 0
    for (const depth of depths.values()) sum += depth
    return sum
  })
  gauge('carrel_outbox_depth_max', 'Most mutations waiting at one kiosk, as last reported', () => {
    let max = 0
    for (const depth of depths.values()) max = Math.max(max, depth)
    return max
  })
}

/** Serves /metrics on loopback; answers its address. Rejects when the port is taken. */
export async function serveMetrics(
  metrics: PrometheusMetrics,
  port: number,
): Promise<{ url: string; stop(): Promise<void> }> {
  const server = createServer((request, response) => {
    // A name that somebody points at this machine is not ours: a page elsewhere must not read along.
    if (!LOOPBACK_NAMES.includes(hostWithoutPort(request.headers.host ?? '')))
      return void response.writeHead(421).end()
    if (request.url !== '/metrics') return void response.writeHead(404).end()
    void metrics.text().then(
      (text) => response.writeHead(200, { 'content-type': metrics.contentType }).end(text),
      () => response.writeHead(500).end(),
    )
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const stop = async (): Promise<void> => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  }
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? (address?.port ?? port) : port}/metrics`,
    stop,
  }
}
