import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A hub in a process of its own, as it runs in earnest. */
export interface HubProcess {
  url: string
  pid: number
  /** The median size of its group commits so far, from its own metrics. */
  meanBatchSize(): Promise<number>
  /** CPU time used so far, ms. */
  cpuMs(): number
  /** Resident memory, bytes. */
  memoryBytes(): number
  kill(): void
  stop(): Promise<void>
}

/** Starts `hub/main.ts` on a database; `port` 0 takes any free one. */
export async function startHubProcess(databaseUrl: string, port = 0): Promise<HubProcess> {
  const home = mkdtempSync(join(tmpdir(), 'carrel-bench-'))
  const child = spawn(
    process.execPath,
    ['--expose-gc', fileURLToPath(new URL('../main.ts', import.meta.url))],
    {
      env: {
        ...process.env,
        CARREL_HOME: home,
        CARREL_PORT: String(port),
        CARREL_METRICS_PORT: '0',
        CARREL_LOG: 'warn',
        DATABASE_URL: databaseUrl,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => {
      rmSync(home, { recursive: true, force: true })
      resolve()
    })
  })
  const addresses = await readAddresses(child.stdout, ended)
  const pid = child.pid ?? 0
  return {
    url: addresses.hub,
    pid,
    meanBatchSize: () => readMeanBatchSize(addresses.metrics),
    cpuMs: () => readCpuMs(pid),
    memoryBytes: () =>
      Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024,
    kill: () => child.kill('SIGKILL'),
    stop: async () => {
      child.kill('SIGTERM')
      await ended
    },
  }
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

async function readMeanBatchSize(url: string): Promise<number> {
  const text = await (await fetch(url)).text()
  const read = (name: string): number => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? 0)
  return read('carrel_batch_mutations_sum') / Math.max(1, read('carrel_batch_mutations_count'))
}

/** CPU time that a process has used so far, in ms, from /proc/PID/stat (proc(5): utime and stime in ticks of 10 ms). */
export function readCpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}
