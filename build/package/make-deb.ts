import { createHash } from 'node:crypto'
import {
  chmodSync,
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'

/** What electron-builder passes to the program `fpm`; anything else is an error, so that nothing is left out in silence. */
const OPTIONS = {
  s: { type: 'string', short: 's' },
  t: { type: 'string', short: 't' },
  d: { type: 'string', short: 'd', multiple: true, default: [] as string[] },
  force: { type: 'boolean' },
  'deb-recommends': { type: 'string', multiple: true, default: [] as string[] },
  'deb-compression': { type: 'string', default: 'xz' },
  'deb-priority': { type: 'string', default: 'optional' },
  architecture: { type: 'string', default: '' },
  'after-install': { type: 'string' },
  'after-remove': { type: 'string' },
  description: { type: 'string', default: '' },
  version: { type: 'string', default: '' },
  package: { type: 'string', default: '' },
  name: { type: 'string', default: '' },
  maintainer: { type: 'string', default: '' },
  vendor: { type: 'string' },
  url: { type: 'string', default: '' },
  license: { type: 'string' },
  category: { type: 'string', default: 'education' },
} as const

/**
 * Makes a .deb by Debian's own `dpkg-deb` out of arguments for `fpm`, which electron-builder would fetch from the network.
 * Files belong to root, and nobody else may write them, whatever the umask and user of whoever packs. Throws with what
 * `dpkg-deb` says. [PKG-7]
 */
export function makeDeb(args: string[]): void {
  const { values, positionals } = parseArgs({ args, options: OPTIONS, allowPositionals: true, strict: true })
  if (values.s !== 'dir' || values.t !== 'deb') throw new Error('only a .deb out of folders can be made')
  const root = mkdtempSync(path.join(path.dirname(values.package), '.deb-'))
  try {
    for (const mapping of positionals) copyInto(root, mapping)
    const files = listFiles(root)
    const sums = files.map((file) => `${md5(path.join(root, file))}  ${file}\n`).join('')
    const bytes = files.reduce((sum, file) => sum + statSync(path.join(root, file)).size, 0)
    setModes(root)
    const control = path.join(root, 'DEBIAN')
    mkdirSync(control)
    write(path.join(control, 'control'), controlOf(values, Math.ceil(bytes / 1024)), 0o644)
    write(path.join(control, 'md5sums'), sums, 0o644)
    for (const [script, from] of [
      ['postinst', values['after-install']],
      ['postrm', values['after-remove']],
    ] as const)
      if (from !== undefined) write(path.join(control, script), readFileSync(from, 'utf8'), 0o755)
    for (const folder of [root, control]) chmodSync(folder, 0o755)
    build(root, values['deb-compression'], values.package)
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

interface Described {
  name: string
  version: string
  architecture: string
  maintainer: string
  url: string
  description: string
  category: string
  'deb-priority': string
  'deb-recommends': string[]
  d: string[]
}

function controlOf(values: Described, kilobytes: number): string {
  const [title = '', ...more] = values.description.split('\n').map((line) => line.trim())
  const lines = [title, ...more].filter((line) => line !== '')
  const fields: Record<string, string> = {
    Package: values.name,
    Version: values.version,
    Architecture: values.architecture,
    Maintainer: values.maintainer,
    'Installed-Size': String(kilobytes),
    Depends: values.d.join(', '),
    Recommends: values['deb-recommends'].join(', '),
    Section: values.category,
    Priority: values['deb-priority'],
    Homepage: values.url,
    Description: lines.join('\n '),
  }
  return Object.entries(fields)
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${name}: ${value}\n`)
    .join('')
}

/** `SOURCE=/PLACE`: a file, or with a slash at its end what a folder holds. */
function copyInto(root: string, mapping: string): void {
  const cut = mapping.lastIndexOf('=')
  const source = mapping.slice(0, cut)
  const target = path.join(root, mapping.slice(cut + 1))
  mkdirSync(path.dirname(target), { recursive: true })
  cpSync(source, target, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true })
}

/** Paths of all files below a folder, in order. */
function listFiles(root: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)))
    .toSorted()
}

function setModes(root: string): void {
  for (const name of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
    const file = path.join(root, name)
    const stats = lstatSync(file)
    if (stats.isSymbolicLink()) continue
    chmodSync(file, stats.isDirectory() || (stats.mode & 0o100) !== 0 ? 0o755 : 0o644)
  }
}

function md5(file: string): string {
  return createHash('md5').update(readFileSync(file)).digest('hex')
}

function write(file: string, text: string, mode: number): void {
  writeFileSync(file, text)
  chmodSync(file, mode)
}

function build(root: string, compression: string, file: string): void {
  const args = ['--root-owner-group', `-Z${compression}`, '--build', root, file]
  const { status, stderr, error } = spawnSync('dpkg-deb', args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`dpkg-deb: ${error?.message ?? stderr.trim()}`)
}
