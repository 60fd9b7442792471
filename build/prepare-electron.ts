import path from 'node:path'
import process from 'node:process'
import { findElectron } from './find-electron.ts'
import { ROOT } from './house.mjs'

/** Electron's program, and the bundle of its main process below the project's folder. */
export interface Electron {
  program: string
  file: string
}

/** Electron's program and what it is to run; null where it is not to be had, has no display, or would run as root. */
export async function prepareElectron(): Promise<Electron | null> {
  const electron = findElectron({
    packageFolder: path.join(ROOT, 'node_modules/electron'),
    platform: process.platform,
    env: process.env,
    userId: process.getuid?.() ?? null,
  })
  if (electron === null) return null
  // Vite is a second's work to load: only where it is needed.
  const { buildShell, SHELL_FOLDER } = await import('./vite.main.ts')
  await buildShell(path.join(ROOT, SHELL_FOLDER))
  return { program: electron, file: path.join(SHELL_FOLDER, 'main.js') }
}
