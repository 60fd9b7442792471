import { FuseState, FuseV1Options, FuseVersion, getCurrentFuseWire } from '@electron/fuses'
import { StartupError } from '../launcher.mjs'

/**
 * Reads the fuses back out of a packed program and compares them with what they were to be, by the names of
 * electron-builder.yml; gives them all, also those that were left as Electron has them. Throws StartupError where one is
 * otherwise. [PKG-4]
 */
export async function readFuses(program: string, wanted: object): Promise<Record<string, boolean>> {
  const { version, ...wire } = await getCurrentFuseWire(program)
  if (version !== FuseVersion.V1) throw new StartupError(`${program} has fuses of an unknown kind.`)
  const states = wire as Record<string, FuseState>
  const found = Object.fromEntries(
    Object.entries(states).map(([index, state]) => [nameOf(Number(index)), state === FuseState.ENABLE]),
  )
  const wrong = Object.entries(wanted).filter(([name, isOn]) => found[name] !== isOn)
  if (wrong.length > 0)
    throw new StartupError(`Fuses are not as they should be: ${wrong.map(([name]) => name).join(', ')}.`)
  return found
}

/** As electron-builder calls it: `runAsNode` for RunAsNode. */
function nameOf(index: number): string {
  const name = FuseV1Options[index] ?? `fuse ${index}`
  return `${name.slice(0, 1).toLowerCase()}${name.slice(1)}`
}
