import { registerHooks } from 'node:module'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import type { ElectronDouble } from './electron-double.ts'

// `node run-bundle.ts ENTRY …`: runs a bundle of the app under Node as Electron's default app would, on the double. The entry
// is a real module entry, with a real top level. What it adds to the double, after Electron's own sources:
// - SIGINT, SIGTERM and SIGHUP ask the app to quit, once; the next one ends the process;
// - an uncaught exception that nobody else listens to raises a dialog (here a line, and nothing ends);
// - the process lives until the app exits, with its code.
// Over IPC a test closes the window, throws, rejects, or asks for the state of the double.

const MODULE = new URL('electron-module.ts', import.meta.url).href

registerHooks({
  resolve: (specifier, context, next) => {
    if (/^electron(\/main)?$/.test(specifier)) return { url: MODULE, shortCircuit: true }
    // The bundle lies in a temporary folder; its one package is found from here.
    if (specifier === 'better-sqlite3') return next(specifier, { ...context, parentURL: import.meta.url })
    return next(specifier, context)
  },
})

// The same module that the bundle gets for Electron.
const { electron } = (await import(MODULE)) as { electron: ElectronDouble }

process.on('uncaughtException', (error) => {
  if (process.listenerCount('uncaughtException') > 1) return
  process.stdout.write(`dialog: ${String(error)}\n`)
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => electron.app.quit())
electron.app.on('quit', (_event: unknown, code: number) => process.exit(code))
setInterval(() => undefined, 60_000)

process.on('message', (request) => {
  const [window] = electron.windows
  if (request === 'close') window?.close()
  if (request === 'throw') throwLater(new Error('nobody caught me'))
  if (request === 'reject') void Promise.reject(new Error('nobody caught me'))
  if (request === 'look')
    process.send?.({
      isReady: electron.app.isReady,
      url: window?.webContents.mainFrame.url,
      shown: window?.shown,
      isDead: window?.isDead,
      blockers: electron.blockers,
    })
})

function throwLater(error: unknown): void {
  setTimeout(() => {
    throw error
  })
}

process.argv.splice(1, 1)
Object.defineProperty(process, 'defaultApp', { value: true })
const [, entry = ''] = process.argv
electron
  .evaluate(() => import(pathToFileURL(entry).href))
  // Electron does the same with what an entry throws.
  .catch((error: unknown) =>
    process.listeners('uncaughtException').forEach((run) => run(error as Error, 'uncaughtException')),
  )
