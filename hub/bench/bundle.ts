import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { limitFigure, type Benchmark } from './figure.ts'

const SCREENS = fileURLToPath(new URL('../../dist/renderer', import.meta.url))

/** What a kiosk loads before it shows anything: its page, scripts and styles, without fonts. */
export const bundle: Benchmark = {
  name: 'bundle',
  about: 'what the kiosk loads, compressed, fonts apart',
  run: async () => {
    buildScreens()
    const files = loadedFiles('kiosk.html')
    const sizes = files.map((file) => gzipSync(readFileSync(join(SCREENS, file)), { level: 9 }).length)
    const sum = sizes.reduce((total, size) => total + size, 0)
    return [
      limitFigure({
        name: 'bundle-gzip',
        value: sum / 1024,
        unit: 'KiB',
        atMost: 150,
        note: files.map((file, index) => `${file} ${((sizes[index] ?? 0) / 1024).toFixed(1)}`).join(', '),
      }),
    ]
  },
}

/** Builds the screens when a source has changed since the last time. */
export function buildScreens(): string {
  const script = fileURLToPath(new URL('../../build/build-screens.ts', import.meta.url))
  execFileSync(process.execPath, [script], { stdio: ['ignore', 'ignore', 'inherit'] })
  return SCREENS
}

/** A page and every script and style that it or they name, however late they are loaded. */
function loadedFiles(page: string): string[] {
  const found = new Set([page])
  for (const file of found) {
    const text = readFileSync(join(SCREENS, file), 'utf8')
    for (const [name] of text.matchAll(/[\w./-]+\.(?:js|css)\b/g)) {
      const below = [join(dirname(file), name), name].find((path) => isFile(path))
      if (below !== undefined) found.add(below)
    }
  }
  return [...found]
}

function isFile(path: string): boolean {
  try {
    readFileSync(join(SCREENS, path))
    return true
  } catch {
    return false
  }
}
