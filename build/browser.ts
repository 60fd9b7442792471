import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

/** A Chromium that can be started, and what it needs. */
export interface FoundBrowser {
  executablePath: string
  args: string[]
  /** Variables on top of the process's own. */
  env: Record<string, string>
  /** Removes what was unpacked for it. */
  clean(): void
}

const INSTALLED = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome-stable']

/** Always: no QUIC, no calls home. Root has no sandbox to start. */
export function browserArgs(): string[] {
  const args = ['--disable-quic', '--disable-background-networking']
  return process.getuid?.() === 0 ? ['--no-sandbox', ...args] : args
}

/**
 * The first Chromium that is here: CARREL_CHROMIUM, the one packed in the registry's @sparticuz/chromium, the system's. The
 * packed one is the same on every machine, and without a desktop's parts: its pages open in four fifths of the time.
 * Rejects with a plain sentence where there is none.
 */
export async function findBrowser(): Promise<FoundBrowser> {
  const named = process.env['CARREL_CHROMIUM']
  if (named !== undefined && !existsSync(named))
    throw new Error(`CARREL_CHROMIUM names ${named}, which does not exist`)
  if (named !== undefined) return installedBrowser(named)
  let cause: unknown
  if (process.platform === 'linux')
    try {
      return await unpackBrowser()
    } catch (error) {
      cause = error
    }
  const installed = INSTALLED.find((file) => existsSync(file))
  if (installed === undefined) throw new Error(NOTHING, { cause })
  return installedBrowser(installed)
}

function installedBrowser(executablePath: string): FoundBrowser {
  return { executablePath, args: browserArgs(), env: {}, clean: () => undefined }
}

/** An optional package: where it could not be installed, its types are missing too. */
const PACKED = '@sparticuz/chromium'

const NOTHING = 'no Chromium found: install one (apt install chromium) or name it in CARREL_CHROMIUM'

/** It needs a folder and fonts of its own. */
async function unpackBrowser(): Promise<FoundBrowser> {
  const folder = mkdtempSync(path.join(tmpdir(), 'carrel-chromium-'))
  const before = process.env['TMPDIR']
  process.env['TMPDIR'] = folder
  // Makes it unpack the libraries that a bare system lacks; must be set before the import, and must not stay.
  process.env['AWS_LAMBDA_JS_RUNTIME'] = 'nodejs24.x'
  try {
    const { default: packed } = (await import(PACKED)) as {
      default: { executablePath(): Promise<string> }
    }
    const executablePath = await packed.executablePath()
    const libraries = readdirSync(folder)
      .map((name) => path.join(folder, name, 'lib'))
      .filter((lib) => existsSync(lib))
    return {
      executablePath,
      args: browserArgs(),
      env: { LD_LIBRARY_PATH: libraries.join(':'), FONTCONFIG_FILE: writeFontsConf(folder) },
      clean: () => rmSync(folder, { recursive: true, force: true }),
    }
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    throw error
  } finally {
    delete process.env['AWS_LAMBDA_JS_RUNTIME']
    if (before === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = before
  }
}

/** Without a fonts.conf of its own that browser draws no text at all, and nothing complains. */
function writeFontsConf(folder: string): string {
  const file = path.join(folder, 'fonts.conf')
  const modules = path.join(path.dirname(path.dirname(fileURLToPath(import.meta.url))), 'node_modules')
  const fonts = path.join(modules, '@fontsource-variable')
  writeFileSync(
    file,
    `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd"><fontconfig>` +
      `<dir>${folder}</dir><dir>${fonts}</dir><dir>/usr/share/fonts</dir><cachedir>${folder}/cache</cachedir></fontconfig>`,
  )
  return file
}
