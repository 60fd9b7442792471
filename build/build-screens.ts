import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { brotliCompressSync, constants } from 'node:zlib'
import { ROOT, say, StartupError } from './launcher.mjs'
import { readTree } from './tree.ts'

/** Where the built screens are, below the project's folder. */
export const SCREEN_FOLDER = 'dist/renderer'

/** Where the gallery of all pictures is, which only tests need. */
export const GALLERY_FOLDER = 'dist/gallery'

/** Vite's modes; see build/vite.renderer.ts. */
const MODES = { [SCREEN_FOLDER]: 'production', [GALLERY_FOLDER]: 'gallery' } as const

/** Whatever can change a screen. */
const SOURCES = /^(?:desktop\/renderer\/|shared\/|resources\/|build\/vite\.|package-lock\.json$)/

/** Builds the screens when a source has changed since the last time. Gives whether it did. Throws StartupError with the builder's own words. */
export async function buildScreens(built: keyof typeof MODES = SCREEN_FOLDER): Promise<boolean> {
  const print = fingerprint()
  const folder = path.join(ROOT, built)
  const stamp = `${folder}.built`
  if (existsSync(folder) && existsSync(stamp) && readFileSync(stamp, 'utf8') === print) return false
  // Built aside and moved, so that two builds at once, or a kiosk that is just being served, never see half of one.
  const aside = `${folder}.${process.pid}`
  const old = `${aside}.old`
  try {
    await runVite(MODES[built], aside)
    compress(path.join(aside, 'assets'))
    mkdirSync(path.dirname(folder), { recursive: true })
    if (existsSync(folder)) renameSync(folder, old)
    renameSync(aside, folder)
    writeFileSync(stamp, print)
  } finally {
    for (const rest of [aside, old]) rmSync(rest, { recursive: true, force: true })
  }
  return true
}

/** Programs and styles are given to phones at a quarter of their size: packed once here instead of at each request. */
function compress(folder: string): void {
  for (const name of readdirSync(folder).filter((file) => /\.(?:js|css)$/.test(file))) {
    const text = readFileSync(path.join(folder, name))
    const params = { [constants.BROTLI_PARAM_SIZE_HINT]: text.length }
    writeFileSync(path.join(folder, `${name}.br`), brotliCompressSync(text, { params }))
  }
}

function fingerprint(): string {
  const hash = createHash('sha256')
  for (const file of readTree()) {
    if (!SOURCES.test(file.path) || /\.(?:test\.tsx?|md)$/.test(file.path)) continue
    hash.update(`${file.path}\0${file.text.length}\0${file.text}`)
  }
  return hash.digest('hex')
}

function runVite(mode: string, folder: string): Promise<void> {
  const vite = path.join(ROOT, 'node_modules/vite/bin/vite.js')
  const args = [
    'build',
    '--config',
    path.join(ROOT, 'build/vite.renderer.ts'),
    '--mode',
    mode,
    '--outDir',
    folder,
    '--emptyOutDir',
    '--logLevel',
    'warn',
  ]
  const child = spawn(process.execPath, [vite, ...args], {
    cwd: ROOT,
    // Whoever starts it in development gets the same screens: React's words for developers are as large as the rest.
    env: { ...process.env, NODE_ENV: 'production' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const words: Buffer[] = []
  child.stdout.on('data', (part: Buffer) => words.push(part))
  child.stderr.on('data', (part: Buffer) => words.push(part))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      if (code === 0) resolve()
      else
        reject(
          new StartupError(
            `The screens could not be built:\n${Buffer.concat(words).toString('utf8').trim()}`,
          ),
        )
    })
  })
}

if (import.meta.main) {
  const isNew = await buildScreens()
  say(isNew ? 'screens built' : 'screens are up to date')
}
