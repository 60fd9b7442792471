import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { KioskRole } from '#shared/domain/kiosk.ts'
import { startProgram } from '../../build/child-programs.ts'
import { createEnrolment } from '../kiosks/enrol-kiosk.ts'
import { startHubProcess, type HubProcess } from './hub-process.ts'
import { DURABLE, makeWorld, type TreeShape, type World } from './world.ts'

/** A hub on a university of its own, and a place for the folders of real kiosks. */
export interface KioskScene {
  world: World
  hub: HubProcess
  /** Below it each kiosk has its own. */
  folder: string
  codeFor(spaceId: number, role: KioskRole): Promise<string>
}

/** Runs something with such a hub, and takes everything away again. */
export async function withKioskScene<Result>(
  shape: TreeShape,
  run: (scene: KioskScene) => Promise<Result>,
): Promise<Result> {
  const world = await makeWorld(DURABLE, shape)
  const folder = mkdtempSync(join(tmpdir(), 'carrel-bench-kiosks-'))
  try {
    const hub = await startHubProcess(world.url)
    try {
      return await run({
        world,
        hub,
        folder,
        codeFor: async (spaceId, role) =>
          (await createEnrolment(world.pool, { universityId: world.universityId, spaceId, role })).code,
      })
    } finally {
      await hub.stop()
    }
  } finally {
    await world.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A kiosk without Electron in a process of its own, as it runs in production. */
export interface AgentProcess {
  /** Address of its screen, with the token. */
  url: string
  stop(): Promise<void>
}

/** Starts `desktop/agent/kiosk.ts` on a free port; the code goes to its standard input. */
export async function startAgentProcess(options: {
  name: string
  folder: string
  hubUrl: string
  code: string
}): Promise<AgentProcess> {
  const child = startProgram({
    name: 'kiosk',
    file: 'desktop/agent/kiosk.ts',
    args: ['--name', options.name, '--hub', options.hubUrl, '--folder', options.folder, '--port', '0'],
    env: { CARREL_LOG: 'silent' },
    input: `${options.code}\n`,
    onErrorLine: () => undefined,
  })
  return { url: (await child.waitForLine('kiosk ')).slice('kiosk '.length), stop: () => child.stop() }
}
