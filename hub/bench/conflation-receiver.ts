import { WebSocket } from 'ws'
import type { Changes, Snapshot } from '#shared/wire/messages.ts'
import { machineMs, serveRequests } from './worker-process.ts'

// A thousand kiosks that note when each frame was there. In production every kiosk is a machine of its own; here they share
// one process, so only some of them read what the frames say.

/** What a bench asks of the screens. */
export type ScreensRequest =
  | { kind: 'connect'; port: number; count: number }
  | { kind: 'look'; roomIds: number[] }

/** What they saw since the last look: per kiosk, pairs of clock reached and moment (machine ms); and levels of those that read. */
export interface ScreensAnswer {
  arrivals: [number, number][][]
  levels: number[][]
}

/** One kiosk in so many reads all it is sent. */
const READS = 100

interface Screen {
  arrivals: [number, number][]
  levels: Map<number, number> | null
}

const screens: Screen[] = []

function connect(port: number, index: number): Promise<void> {
  const screen: Screen = { arrivals: [], levels: index % READS === 0 ? new Map() : null }
  screens.push(screen)
  const socket = new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: false })
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.on('message', (data: Buffer) => {
      const [, to, parts, part] =
        /"to":(\d+),"parts":(\d+),"part":(\d+)/.exec(data.toString('latin1', 0, 160)) ?? []
      if (to === undefined) return
      if (parts === part) {
        screen.arrivals.push([Number(to), machineMs()])
        resolve()
      }
      if (screen.levels !== null) read(screen.levels, data)
    })
  })
}

function read(levels: Map<number, number>, data: Buffer): void {
  const { changes } = JSON.parse(data.toString()) as Snapshot | Changes
  for (const { id, level } of changes.rows) levels.set(id, level ?? 0)
  for (const [id, , level] of changes.levels) levels.set(id, level ?? 0)
}

function look(roomIds: readonly number[]): ScreensAnswer {
  const report = {
    arrivals: screens.map(({ arrivals }) => arrivals),
    levels: screens.flatMap(({ levels }) =>
      levels === null ? [] : [roomIds.map((id) => levels.get(id) ?? -1)],
    ),
  }
  for (const screen of screens) screen.arrivals = []
  return report
}

serveRequests(async (request: ScreensRequest): Promise<ScreensAnswer> => {
  if (request.kind === 'look') return look(request.roomIds)
  for (let index = 0; index < request.count; index += 1) await connect(request.port, index)
  return { arrivals: [], levels: [] }
})
