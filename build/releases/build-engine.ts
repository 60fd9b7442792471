import { readFileSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { build } from 'vite'
import { ROOT } from '../launcher.mjs'

/** The engine, with the process around it that tests ask, as one ES module; better-sqlite3 stays outside. */
export async function buildEngine(folder: string): Promise<Buffer> {
  const before = process.env['NODE_ENV']
  await build({
    configFile: false,
    root: ROOT,
    logLevel: 'warn',
    ssr: { noExternal: true },
    build: {
      ssr: path.join(ROOT, 'hub/simulation/kiosk-process.ts'),
      outDir: folder,
      emptyOutDir: false,
      copyPublicDir: false,
      target: 'node24',
      minify: false,
      rolldownOptions: {
        external: ['better-sqlite3'],
        output: { format: 'es', entryFileNames: 'engine.mjs', codeSplitting: false },
      },
    },
  })
  // A build says "production" to all that comes after it in this process: a hub would ask for mail and addresses.
  if (before === undefined) delete process.env['NODE_ENV']
  return readFileSync(path.join(folder, 'engine.mjs'))
}
