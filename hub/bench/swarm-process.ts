import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { SwarmOrder, SwarmReport } from './swarm.ts'

/** A swarm of kiosks in a process of its own. */
export interface SwarmProcess {
  obey(order: SwarmOrder): Promise<SwarmReport>
  readonly pid: number
  end(): void
}

/** Starts a swarm process; it ends by itself when this process does. */
export function startSwarm(): SwarmProcess {
  const child = fork(fileURLToPath(new URL('./swarm.ts', import.meta.url)), { serialization: 'advanced' })
  return {
    pid: child.pid ?? 0,
    obey: (order) => ask<SwarmReport>(child, order),
    end: () => child.kill(),
  }
}

/** Sends an order to a bench child and waits for its report; a failure or an early end rejects. */
export function ask<Report>(child: ChildProcess, order: object): Promise<Report> {
  return new Promise((resolve, reject) => {
    const ended = (): void => reject(new Error('a load process ended early'))
    child.once('exit', ended)
    child.once('message', (message: { report?: Report; failure?: string }) => {
      child.off('exit', ended)
      if (message.failure === undefined && message.report !== undefined) resolve(message.report)
      else reject(new Error(message.failure ?? 'no report'))
    })
    child.send(order)
  })
}
