import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** A part of a measurement in a process of its own, so that its work counts for nobody else. */
export interface WorkerProcess<Request extends object | string, Answer> {
  readonly pid: number
  /** Asks for something and waits for the answer, one at a time; a failure or an early end rejects. */
  request<Given extends Answer = Answer>(request: Request): Promise<Given>
  /** Ends it and waits until it is gone. */
  end(): Promise<void>
}

/** Starts a file of this folder as a child; it ends by itself when this process does. */
export function startWorker<Request extends object | string, Answer>(
  file: string,
  nodeArgs: readonly string[] = ['--expose-gc'],
): WorkerProcess<Request, Answer> {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), {
    serialization: 'advanced',
    execArgv: [...nodeArgs],
  })
  const gone = once(child, 'exit')
  const ask = <Given extends Answer>(request: Request): Promise<Given> =>
    new Promise((resolve, reject) => {
      const ended = (): void => reject(new Error(`${file} ended early`))
      child.once('exit', ended)
      child.once('message', (message: { answer?: Given; failure?: string }) => {
        child.off('exit', ended)
        if (message.failure === undefined) resolve(message.answer as Given)
        else reject(new Error(`${file}: ${message.failure}`))
      })
      child.send(request)
    })
  return {
    pid: child.pid ?? 0,
    request: ask,
    end: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill()
      await gone
    },
  }
}

/** The child's side: answers requests one by one until the parent is gone. */
export function serveRequests<Request>(answer: (request: Request) => unknown): void {
  process.on('message', (request: Request) => {
    void (async () => {
      try {
        process.send?.({ answer: await answer(request) })
      } catch (error) {
        process.send?.({ failure: error instanceof Error ? (error.stack ?? error.message) : String(error) })
      }
    })()
  })
  process.on('disconnect', () => process.exit(0))
}

/** Ms on the machine's monotonic clock: comparable between processes (CLOCK_MONOTONIC). */
export function machineMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

/** CPU time of this process so far, ms. */
export function ownCpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
