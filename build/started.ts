import path from 'node:path'
import type { HubConfig } from '../hub/config.ts'
import { recordChildren, type ChildProgram } from './child-programs.ts'
import { portsFrom, type LauncherPorts } from './ports.ts'

/** What the hub is called among the programs. */
export const HUB = 'hub'

/** What one `npm start` has started, in order; stopped the other way round. */
export interface Started {
  config: HubConfig
  ports: LauncherPorts
  env: NodeJS.ProcessEnv
  /** The launcher's own folder below CARREL_HOME. */
  folder: string
  programs: ChildProgram[]
  /** How to start the hub or a kiosk once more. */
  startAgain: Map<ChildProgram, () => Promise<void>>
  /** Ends the demo's visitors, where there are some. */
  endVisitors: () => void
  isStopping: boolean
}

/** Nothing is started yet. */
export function makeStarted(config: HubConfig): Started {
  const ports = portsFrom(config.port)
  const env = {
    ...process.env,
    CARREL_HOME: config.home,
    CARREL_PORT: String(ports.hub),
    CARREL_METRICS_PORT: process.env['CARREL_METRICS_PORT'] ?? String(ports.metrics),
    CARREL_LOG: process.env['CARREL_LOG'] ?? 'warn',
    // The demo makes this very university, with a campus; in production the hub itself refuses the variable.
    ...(config.isProduction ? {} : { CARREL_DEV_SEED: 'false' }),
  }
  return {
    config,
    ports,
    env,
    folder: path.join(config.home, 'start'),
    programs: [],
    startAgain: new Map(),
    endVisitors: () => undefined,
    isStopping: false,
  }
}

/** Takes a program in, so that it is stopped with the rest, or found by the next start when this one is killed. */
export function addProgram(started: Started, program: ChildProgram): ChildProgram {
  started.programs.push(program)
  recordChildren(started.folder, started.programs)
  if (started.isStopping) void program.stop()
  return program
}

/** A program that was given up, or whose end concerns nobody else. */
export function removeProgram(started: Started, program: ChildProgram): void {
  started.programs = started.programs.filter((one) => one !== program)
  started.startAgain.delete(program)
  recordChildren(started.folder, started.programs)
}

/** Starts a program that ended once more, in its folder and at its port; false where that cannot be. [KSK-20] */
export async function restartProgram(started: Started, program: ChildProgram): Promise<boolean> {
  const again = started.startAgain.get(program)
  if (again === undefined || started.isStopping) return false
  removeProgram(started, program)
  await again()
  return true
}

/** Kiosks first, so that the hub gets their last messages; then the hub, which ends its own database. */
export async function stopAll(started: Started): Promise<void> {
  started.isStopping = true
  started.endVisitors()
  const isHub = ({ name }: ChildProgram): boolean => name === HUB
  await Promise.all(started.programs.filter((program) => !isHub(program)).map((kiosk) => kiosk.stop()))
  await started.programs.find(isHub)?.stop()
  recordChildren(started.folder, [])
}
