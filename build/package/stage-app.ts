import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { build, mergeConfig, type InlineConfig } from 'vite'
import { ROOT } from '../launcher.mjs'
import { mainConfig, preloadConfig } from '../vite.main.ts'
import { screensConfig } from '../vite.renderer.ts'

/** Machines that packages are made for, in Node's words. */
export type Arch = 'x64' | 'arm64'

/** Where the app's icons are, in their sizes. */
const PUBLIC = path.join(ROOT, 'desktop/renderer/public')
const ICON_SIZES = [192, 512]

/** What the kiosk's page names that is not bundled. */
const PAGE_FILES = ['icon.svg']

/**
 * Builds the app into an empty folder, laid out as electron-builder.yml expects it: bundles and the kiosk's page alone
 * (the desktop portal shows the hub's own pages), SQLite's module with one native file, a package.json for users and the
 * licences of what went in. Nothing of the project's own `dist` is used or changed. [PKG-1] [PKG-2]
 */
export async function stageApp(folder: string, arch: Arch): Promise<void> {
  const shell = path.join(folder, 'dist/shell')
  const screens = path.join(folder, 'dist/renderer')
  const built = [
    ...(await bundle(mainConfig(shell))),
    ...(await bundle(preloadConfig(shell))),
    ...(await bundle(mergeConfig<InlineConfig, InlineConfig>(screensConfig(['kiosk']), quiet(screens)))),
  ]
  for (const file of PAGE_FILES) cpSync(path.join(PUBLIC, file), path.join(screens, file))
  stageSqlite(folder, arch)
  stageIcons(folder)
  writeFileSync(path.join(folder, 'package.json'), `${JSON.stringify(manifest(), null, 2)}\n`)
  writeFileSync(path.join(folder, 'licences.txt'), licences([...built, 'better-sqlite3']))
}

const quiet = (outDir: string): InlineConfig => ({
  configFile: false,
  logLevel: 'warn',
  // Beside the page's own files only manifests and icons of the portal are public.
  publicDir: false,
  build: { outDir, sourcemap: false },
})

/** Builds, and gives the names of the packages that went in. */
async function bundle(config: InlineConfig): Promise<string[]> {
  const output = await build(config)
  const chunks = [output].flat().flatMap((each) => ('output' in each ? each.output : []))
  return chunks
    .flatMap((chunk) => (chunk.type === 'chunk' ? chunk.moduleIds : chunk.originalFileNames))
    .flatMap((id) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(id)?.[1] ?? [])
}

/** Its sources and seven other machines' files are 25 MB; what is needed is its code and one native file. */
function stageSqlite(folder: string, arch: Arch): void {
  const from = path.join(ROOT, 'node_modules/better-sqlite3')
  const to = path.join(folder, 'modules/better-sqlite3')
  for (const part of ['package.json', 'lib', `prebuilds/linux-${arch}.node`])
    cpSync(path.join(from, part), path.join(to, part), {
      recursive: true,
      filter: (file) => !/\/(?:darwin|linux|linuxmusl|win32)-\w+\.js$/.test(file),
    })
}

/** By their sizes, so that the builder need not convert any, for which it would fetch a program. */
function stageIcons(folder: string): void {
  const to = path.join(folder, 'icons')
  mkdirSync(to, { recursive: true })
  for (const size of ICON_SIZES)
    cpSync(path.join(PUBLIC, `icon-${size}.png`), path.join(to, `${size}x${size}.png`))
}

/** What the packed app says of itself: nothing that only developers need. [PKG-1] */
function manifest(): Record<string, string> {
  const text = readFileSync(path.join(ROOT, 'package.json'), 'utf8')
  const { name = '', version = '', ...rest } = JSON.parse(text) as Record<string, string>
  const { description = '', homepage = '', license = '', type = '' } = rest
  return {
    name,
    productName: 'Carrel',
    version,
    description,
    homepage,
    license,
    type,
    main: 'dist/shell/main.js',
    // By this desktops know which windows belong to the entry in their menu.
    desktopName: 'carrel.desktop',
  }
}

/** The licences of others' work in the app, each in full, by name. Those that come without a file say their licence's name. */
function licences(names: readonly string[]): string {
  const texts = [...new Set(names)].toSorted().map((name) => {
    const folder = path.join(ROOT, 'node_modules', name)
    const file = existsSync(folder)
      ? readdirSync(folder).find((each) => /^licen[cs]e(?:\.(?:md|txt))?$/i.test(each))
      : undefined
    const { version, license } = JSON.parse(
      readFileSync(path.join(folder, 'package.json'), 'utf8'),
    ) as Record<string, string>
    const text = file === undefined ? '' : `\n\n${readFileSync(path.join(folder, file), 'utf8').trim()}`
    return `${name} ${version} (${license})${text}\n`
  })
  return texts.join(`\n${'-'.repeat(80)}\n\n`)
}
