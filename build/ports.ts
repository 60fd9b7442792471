import { createServer } from 'node:net'

/** Ports of one `npm start`: the hub's own, its kiosks' behind it, and its metrics'. 0 takes any free one everywhere. */
export interface LauncherPorts {
  hub: number
  entrance: number
  door: number
  metrics: number
}

/** The ports that belong to the hub's. */
export function portsFrom(hub: number): LauncherPorts {
  if (hub === 0) return { hub: 0, entrance: 0, door: 0, metrics: 0 }
  return { hub, entrance: hub + 1, door: hub + 2, metrics: hub + 9 }
}

/** Which of the ports another program holds, after a moment for one that is just going. Null when all are free. */
export async function findTakenPort(ports: LauncherPorts, timeoutMs: number): Promise<number | null> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    const taken = await firstTaken(Object.values(ports))
    if (taken === null || performance.now() > deadline) return taken
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

async function firstTaken(ports: number[]): Promise<number | null> {
  for (const port of ports) if (!(await isFree(port))) return port
  return null
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => server.close(() => resolve(true)))
  })
}
