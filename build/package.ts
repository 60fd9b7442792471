// `npm run package`: packs the kiosk as a desktop app, without asking the network for anything.
import { spawn, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import type { Configuration } from 'electron-builder'
import { parse } from 'yaml'
import { LANGUAGES } from '../hub/platform/languages.ts'
import { ROOT, say, StartupError } from './launcher.mjs'
import { findElectronDist, type ElectronDist } from './package/electron-dist.ts'
import { describeMade, sizeOf } from './package/print-made.ts'
import { readFuses } from './package/read-fuses.ts'
import type { BuilderTask } from './package/run-builder.ts'
import { stageApp, type Arch } from './package/stage-app.ts'

const HELP = `npm run package -- [options]     packs the kiosk as a desktop app for Linux

  --target dir|deb    dir: a folder with the app, ready to run (default); deb: that, and a package for Debian and Ubuntu
  --arch x64|arm64    the machine it is for (default: this one's)
  --out FOLDER        where to (default: out)
  --help              this

Electron comes from CARREL_ELECTRON_DIST: its archive as its makers publish it (electron-vVERSION-linux-ARCH.zip), a
folder with that archive, or a folder in which it was unpacked. Without it a stub is packed in Electron's place, and said to
be one. Nothing is fetched. What was made is printed with its size and SHA-256; electron-builder.yml says what goes in.
`

interface Wanted {
  target: 'dir' | 'deb'
  arch: Arch
  out: string
}

async function main(args: string[]): Promise<void> {
  const wanted = parseWanted(args)
  if (wanted === null) {
    process.stdout.write(HELP)
    return
  }
  // React's words for developers are as large as the rest, and belong on no kiosk.
  process.env['NODE_ENV'] = 'production'
  mkdirSync(wanted.out, { recursive: true })
  // Beside what is made, so that it can be moved there whole, and nobody sees half of it.
  const work = mkdtempSync(path.join(wanted.out, '.package-'))
  try {
    const electron = await findElectronDist(
      process.env['CARREL_ELECTRON_DIST'],
      wanted.arch,
      path.join(work, 'stub'),
    )
    say('building the app …')
    await stageApp(path.join(work, 'app'), wanted.arch)
    for (const script of ['after-install.sh', 'after-remove.sh'])
      cpSync(path.join(ROOT, 'build/package', script), path.join(work, 'app/scripts', script))
    say('packing it …')
    const config = makeConfig(electron, work)
    await runBuilder(work, { projectDir: path.join(work, 'app'), config, ...wanted })
    await deliver(wanted, work, electron, config)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

function parseWanted(args: string[]): Wanted | null {
  const { values } = parseArgs({
    args,
    options: {
      target: { type: 'string', default: 'dir' },
      arch: { type: 'string', default: process.arch },
      out: { type: 'string', default: 'out' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return null
  const { target, arch } = values
  if (target !== 'dir' && target !== 'deb')
    throw new StartupError(`"${target}" is not a target. Use --target dir or --target deb.`)
  if (arch !== 'x64' && arch !== 'arm64')
    throw new StartupError(`"${arch}" is not supported. Use --arch x64 or --arch arm64.`)
  if (process.platform === 'win32')
    throw new StartupError('Packages for Linux can only be built on Linux or macOS.')
  if (target === 'deb' && spawnSync('dpkg-deb', ['--version']).status !== 0)
    throw new StartupError(
      'A .deb is built with dpkg-deb, which is not installed. Install the package dpkg, or use --target dir.',
    )
  return { target, arch, out: path.resolve(values.out) }
}

function makeConfig({ at, version }: ElectronDist, work: string): Configuration {
  const config = parse(readFileSync(path.join(ROOT, 'electron-builder.yml'), 'utf8')) as Configuration
  const directories = { output: path.join(work, 'made') }
  // Where Debian looks for licences.
  const fpm = [`${path.join(work, 'app/licences.txt')}=/usr/share/doc/carrel/copyright`]
  return {
    ...config,
    // The languages of Chromium's own words; ours are in the app.
    electronLanguages: LANGUAGES.map((tag) => (tag === 'en' ? 'en-US' : tag)),
    electronVersion: version,
    electronDist: at,
    directories,
    deb: { ...config.deb, fpm },
  }
}

/** Without a home, a cache or a mirror of whoever packs: what is made depends on what is here alone. [PKG-6] [PKG-9] */
function runBuilder(work: string, task: BuilderTask): Promise<void> {
  const [home, file, fpm] = ['home', 'task.json', 'fpm'].map((name) => path.join(work, name)) as [
    string,
    string,
    string,
  ]
  mkdirSync(home)
  writeFileSync(file, JSON.stringify(task))
  const shim = path.join(ROOT, 'build/package/fpm-shim.ts')
  writeFileSync(fpm, `#!/bin/sh\nexec ${quote(process.execPath)} ${quote(shim)} "$@"\n`, { mode: 0o755 })
  const kept = ['PATH', 'LANG', 'SOURCE_DATE_EPOCH'].flatMap((name) => {
    const value = process.env[name]
    return value === undefined ? [] : [[name, value] as const]
  })
  const env = {
    ...Object.fromEntries(kept),
    HOME: home,
    TMPDIR: home,
    XDG_CACHE_HOME: home,
    ELECTRON_BUILDER_CACHE: home,
    CUSTOM_FPM_PATH: fpm,
    npm_config_offline: 'true',
    NODE_ENV: 'production',
  }
  const program = path.join(ROOT, 'build/package/run-builder.ts')
  const child = spawn(process.execPath, [program, file], {
    cwd: work,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const words: Buffer[] = []
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (part: Buffer) => void words.push(part))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      if (code === 0) resolve()
      else
        reject(
          new StartupError(
            `electron-builder could not pack it:\n${Buffer.concat(words).toString('utf8').trim()}`,
          ),
        )
    })
  })
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

/** Moves what was made to its place and says what it is. */
async function deliver(
  { target, arch, out }: Wanted,
  work: string,
  electron: ElectronDist,
  config: Configuration,
): Promise<void> {
  const made = path.join(work, 'made')
  const folder = path.join(out, `carrel-linux-${arch}`)
  rmSync(folder, { recursive: true, force: true })
  renameSync(path.join(made, arch === 'x64' ? 'linux-unpacked' : `linux-${arch}-unpacked`), folder)
  await readFuses(path.join(folder, 'carrel'), config.electronFuses ?? {})
  const lines = [
    describeMade(folder, `${folder}/`),
    describeMade(path.join(folder, 'resources/app.asar'), 'resources/app.asar'),
    describeMade(path.join(folder, 'resources/app.asar.unpacked'), 'resources/app.asar.unpacked/'),
  ]
  if (target === 'deb') {
    const name = `carrel_${readVersion()}_${arch === 'x64' ? 'amd64' : arch}.deb`
    renameSync(path.join(made, name), path.join(out, name))
    lines.push(describeMade(path.join(out, name), path.join(out, name)))
  }
  const app = sizeOf(path.join(folder, 'resources'))
  lines.push(`${app} bytes of it are the app without Electron`)
  process.stdout.write(
    `${lines.join('\n')}\nfuses are as electron-builder.yml says\n${electron.isStub ? 'STUB  ' : ''}${electron.sentence}\n`,
  )
}

function readVersion(): string {
  return (JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as { version: string }).version
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  const isUsage = (error as NodeJS.ErrnoException).code?.startsWith('ERR_PARSE_ARGS') ?? false
  if (error instanceof StartupError || isUsage) say((error as Error).message)
  else say(String(error instanceof Error ? (error.stack ?? error) : error))
  process.exitCode = 1
}
