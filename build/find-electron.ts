import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { ROOT } from './launcher.mjs'

/** Where to look for Electron, and for whom. */
export interface ElectronSearch {
  /** Folder of the package `electron`. */
  packageFolder: string
  platform: NodeJS.Platform
  env: Record<string, string | undefined>
  /** The user's id; null where the system has none (Windows). */
  userId: number | null
}

/**
 * Path of Electron's program where it can show a window here, else null. The program must be there (the package alone has none;
 * ELECTRON_OVERRIDE_DIST_PATH names another folder, as for Electron's own launcher), there must be a display, and the user must
 * not be root, for whom Chromium's sandbox does not start.
 */
export function findElectron({ packageFolder, platform, env, userId }: ElectronSearch): string | null {
  const hasDisplay = platform !== 'linux' || [env['DISPLAY'], env['WAYLAND_DISPLAY']].some(Boolean)
  if (!hasDisplay || (platform === 'linux' && userId === 0)) return null
  const pathFile = path.join(packageFolder, 'path.txt')
  const namedThere = existsSync(pathFile) ? readFileSync(pathFile, 'utf8').trim() : ''
  const override = env['ELECTRON_OVERRIDE_DIST_PATH']
  const name =
    namedThere === '' && override !== undefined ? (PROGRAM_NAMES[platform] ?? 'electron') : namedThere
  if (name === '') return null
  const program = path.join(override ?? path.join(packageFolder, 'dist'), name)
  return existsSync(program) ? program : null
}

/** Elsewhere "electron". */
const PROGRAM_NAMES: Partial<Record<NodeJS.Platform, string>> = {
  win32: 'electron.exe',
  darwin: 'Electron.app/Contents/MacOS/Electron',
}

/** Electron's program, and the bundle of its main process below the project's folder. */
export interface Electron {
  program: string
  file: string
}

/** Electron's program and what it is to run; null where it is not installed, has no display, or would run as root. */
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
