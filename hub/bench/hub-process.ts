import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { EXIT_WITH_PARENT, PARENT_PID_VARIABLE } from '../../build/launcher.mjs'

/** A hub has no call for this; a bench asks by signal. */
const COLLECT_ON_SIGNAL =
  'data:text/javascript,process.on("SIGUSR2",()=>globalThis.gc({type:"major",execution:"sync",flavor:"last-resort"}))'
/** A collection of a heap of this size takes far less. */
const COLLECT_MS = 500

/** A hub in a process of its own, as it runs in production. */
export interface HubProcess {
  url: string
  pid: number
  /** Group commits so far and mutations in them, from its own metrics. */
  batches(): Promise<{ count: number; mutationCount: number }>
  /** Kiosks connected now, from its own metrics. */
  connectedCount(): Promise<number>
  /** CPU time used so far, ms. */
  cpuMs(): number
  /** Resident memory after a collection, bytes. */
  memoryBytes(): Promise<number>
  /** The longest that its event loop stood still since this was last asked, ms, from its own metrics. */
  longestStallMs(): Promise<number>
  /** Ends it like a power cut; resolves when it is gone. */
  kill(): Promise<void>
  stop(): Promise<void>
}

/** Starts `hub/main.ts` on a database; `port` 0 takes any free one. `variables` go into its environment. */
export async function startHubProcess(
  databaseUrl: string,
  port = 0,
  variables: Record<string, string> = {},
): Promise<HubProcess> {
  const home = mkdtempSync(join(tmpdir(), 'carrel-bench-'))
  const child = spawnHub(home, databaseUrl, port, variables)
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => {
      rmSync(home, { recursive: true, force: true })
      resolve()
    })
  })
  const addresses = await readAddresses(child.stdout ?? Readable.from([]), ended)
  const pid = child.pid ?? 0
  return {
    url: addresses.hub,
    pid,
    batches: async () => {
      const read = await readMetrics(addresses.metrics)
      return {
        count: read('carrel_batch_mutations_count'),
        mutationCount: read('carrel_batch_mutations_sum'),
      }
    },
    connectedCount: async () => (await readMetrics(addresses.metrics))('carrel_connected_kiosks'),
    cpuMs: () => readCpuMs(pid),
    memoryBytes: async () => {
      child.kill('SIGUSR2')
      await new Promise((resolve) => setTimeout(resolve, COLLECT_MS))
      return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024
    },
    longestStallMs: async () =>
      (await readMetrics(addresses.metrics))('nodejs_eventloop_lag_max_seconds') * 1000,
    kill: async () => {
      child.kill('SIGKILL')
      await ended
    },
    stop: async () => {
      child.kill('SIGTERM')
      await ended
    },
  }
}

function spawnHub(
  home: string,
  databaseUrl: string,
  port: number,
  variables: Record<string, string>,
): ChildProcess {
  const program = fileURLToPath(new URL('../main.ts', import.meta.url))
  const imports = [`--import=${COLLECT_ON_SIGNAL}`, `--import=${EXIT_WITH_PARENT}`]
  return spawn(process.execPath, ['--expose-gc', ...imports, program], {
    env: {
      ...process.env,
      [PARENT_PID_VARIABLE]: String(process.pid),
      CARREL_HOME: home,
      CARREL_PORT: String(port),
      CARREL_METRICS_PORT: '0',
      CARREL_LOG: 'warn',
      DATABASE_URL: databaseUrl,
      ...variables,
    },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
}

function readAddresses(
  out: NodeJS.ReadableStream,
  ended: Promise<void>,
): Promise<{ hub: string; metrics: string }> {
  return new Promise((resolve, reject) => {
    let text = ''
    void ended.then(() => reject(new Error('the hub did not start')))
    out.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      const hub = /^hub (\S+)$/m.exec(text)?.[1]
      const metrics = /^metrics (\S+)$/m.exec(text)?.[1]
      if (hub !== undefined && metrics !== undefined) resolve({ hub, metrics })
    })
  })
}

async function readMetrics(url: string): Promise<(name: string) => number> {
  const text = await (await fetch(url)).text()
  return (name) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? 0)
}

/** CPU time that a process has used so far, in ms, from /proc/PID/stat (proc(5): utime and stime in ticks of 10 ms). */
export function readCpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}
