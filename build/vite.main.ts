import { readFileSync } from 'node:fs'
import path from 'node:path'
import { build, type InlineConfig } from 'vite'
import { ROOT, say } from './launcher.mjs'

// Bundles Electron's main process and the preload. Not part of `npm start`: only where Electron's own program is there.

/** Where the bundles go, below the project's folder. */
export const SHELL_FOLDER = 'dist/shell'

/** Main: one ES module. better-sqlite3 stays outside, because it finds its native file beside itself. */
export function mainConfig(outDir: string): InlineConfig {
  return shellConfig(outDir, 'desktop/main/main.ts', 'main.js', 'es', [/^electron(\/.+)?$/, 'better-sqlite3'])
}

/** Preload: one CommonJS file that requires electron and nothing else, because a sandboxed page can load no more. [BRG-4] */
export function preloadConfig(outDir: string): InlineConfig {
  return shellConfig(outDir, 'desktop/preload/preload.ts', 'preload.cjs', 'cjs', ['electron'])
}

/** Electron's own `app.getVersion` gives Electron's version where the app is not packed. [SHL-12] */
function readVersion(): string {
  return (JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as { version: string }).version
}

function shellConfig(
  outDir: string,
  entry: string,
  fileName: string,
  format: 'es' | 'cjs',
  external: (string | RegExp)[],
): InlineConfig {
  return {
    configFile: false,
    root: ROOT,
    logLevel: 'warn',
    // "ssr" is Vite's word for code that runs under Node; everything else than `external` goes into the one file.
    ssr: { noExternal: true },
    define: { CARREL_VERSION: JSON.stringify(readVersion()) },
    build: {
      ssr: path.join(ROOT, entry),
      outDir,
      emptyOutDir: false,
      copyPublicDir: false,
      target: 'node24',
      minify: false,
      rolldownOptions: { external, output: { format, entryFileNames: fileName, codeSplitting: false } },
    },
  }
}

/** Builds the bundles of the main process and of the preload script into a folder. */
export async function buildShell(outDir: string): Promise<void> {
  await build(mainConfig(outDir))
  await build(preloadConfig(outDir))
}

if (import.meta.main) {
  await buildShell(path.join(ROOT, SHELL_FOLDER))
  say(`Electron's bundles are in ${SHELL_FOLDER}`)
}
