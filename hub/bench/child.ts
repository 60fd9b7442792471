import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** A part of a measurement in a process of its own, so that its work counts for nobody else. */
export interface BenchChild<Order extends object | string, Report> {
  readonly pid: number
  /** Sends an order and waits for its report, one at a time; a failure or an early end rejects. */
  obey<Made extends Report = Report>(order: Order): Promise<Made>
  /** Ends it and waits until it is gone. */
  end(): Promise<void>
}

/** Starts a file of this folder as a child; it ends by itself when this process does. */
export function startChild<Order extends object | string, Report>(
  file: string,
  nodeArgs: readonly string[] = ['--expose-gc'],
): BenchChild<Order, Report> {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), {
    serialization: 'advanced',
    execArgv: [...nodeArgs],
  })
  const gone = once(child, 'exit')
  const obey = <Made extends Report>(order: Order): Promise<Made> =>
    new Promise((resolve, reject) => {
      const ended = (): void => reject(new Error(`${file} ended early`))
      child.once('exit', ended)
      child.once('message', (message: { report?: Made; failure?: string }) => {
        child.off('exit', ended)
        if (message.failure === undefined) resolve(message.report as Made)
        else reject(new Error(`${file}: ${message.failure}`))
      })
      child.send(order)
    })
  return {
    pid: child.pid ?? 0,
    obey,
    end: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill()
      await gone
    },
  }
}

/** The child's side: answers orders one by one until the parent is gone. */
export function serveOrders<Order>(obey: (order: Order) => unknown): void {
  process.on('message', (order: Order) => {
    void (async () => {
      try {
        process.send?.({ report: await obey(order) })
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
