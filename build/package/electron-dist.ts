import { createHash } from 'node:crypto'
import { closeSync, createReadStream, existsSync, openSync, readFileSync, readSync, statSync } from 'node:fs'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { ROOT, StartupError } from '../launcher.mjs'
import { writeElectronStub } from './electron-stub.ts'
import type { Arch } from './stage-app.ts'

/** What the app is packed with. */
export interface ElectronDist {
  /** A folder or an archive, as electron-builder takes it. */
  at: string
  version: string
  isStub: boolean
  /** One sentence for whoever packs: what it is, and how far that was checked. */
  sentence: string
}

/** Bytes of the machine in an ELF file's header. */
const ELF_MACHINES: Record<Arch, number> = { x64: 62, arm64: 183 }
const ELF_MACHINE_AT = 18

/** Without one of these a folder is no Electron that would start. */
const PARTS = ['electron', 'version', 'resources.pak', 'icudtl.dat', 'chrome-sandbox', 'locales']

/**
 * What CARREL_ELECTRON_DIST names: Electron's archive as its makers published it, a folder with that archive, or an
 * unpacked Electron of the very version and machine; without the variable a stub, made in `stubFolder`. Throws StartupError
 * where it names something else. [PKG-5]
 */
export async function findElectronDist(
  named: string | undefined,
  arch: Arch,
  stubFolder: string,
): Promise<ElectronDist> {
  const version = readPinned<{ version: string }>('package.json').version
  if (named === undefined || named === '') {
    await writeElectronStub(stubFolder)
    const sentence = 'a stub in place of Electron, since CARREL_ELECTRON_DIST names none: it shows no window'
    return { at: stubFolder, version, isStub: true, sentence }
  }
  const at = path.resolve(named)
  const archive = `electron-v${version}-linux-${arch}.zip`
  if (!existsSync(at)) throw new StartupError(`CARREL_ELECTRON_DIST: there is no ${at}. Check the path.`)
  const zip = statSync(at).isFile() ? at : path.join(at, archive)
  if (existsSync(zip)) return checkArchive(zip, archive, version)
  return checkFolder(at, arch, version)
}

async function checkArchive(zip: string, archive: string, version: string): Promise<ElectronDist> {
  const expected = readPinned<Record<string, string>>('checksums.json')[archive]
  const hash = createHash('sha256')
  await pipeline(createReadStream(zip), hash)
  if (expected === undefined || hash.digest('hex') !== expected)
    throw new StartupError(
      `CARREL_ELECTRON_DIST: ${zip} is not ${archive} as its makers published it (its SHA-256 differs). Download it again.`,
    )
  return { at: zip, version, isStub: false, sentence: `Electron ${version}; the archive's SHA-256 is right` }
}

function checkFolder(folder: string, arch: Arch, version: string): ElectronDist {
  const missing = PARTS.filter((part) => !existsSync(path.join(folder, part)))
  if (missing.length > 0)
    throw new StartupError(
      `CARREL_ELECTRON_DIST: ${folder} is not an unpacked Electron for Linux: ${missing.join(', ')} missing.`,
    )
  const found = readFileSync(path.join(folder, 'version'), 'utf8').trim().replace(/^v/, '')
  if (found !== version)
    throw new StartupError(
      `CARREL_ELECTRON_DIST: ${folder} holds Electron ${found}; this app is for ${version}.`,
    )
  if (machineOf(path.join(folder, 'electron')) !== ELF_MACHINES[arch])
    throw new StartupError(`CARREL_ELECTRON_DIST: ${folder}/electron is not a program for Linux on ${arch}.`)
  const sentence = `Electron ${version}, unpacked before: version and machine are right, its bytes were not compared`
  return { at: folder, version, isStub: false, sentence }
}

/** For which machine a program is, as ELF numbers them; null where the file is no program for Linux. */
function machineOf(program: string): number | null {
  const header = Buffer.alloc(ELF_MACHINE_AT + 2)
  const file = openSync(program, 'r')
  try {
    readSync(file, header, 0, header.length, 0)
  } finally {
    closeSync(file)
  }
  const isElf = header.subarray(0, 4).equals(Buffer.from('\x7fELF', 'latin1'))
  return isElf ? header.readUInt16LE(ELF_MACHINE_AT) : null
}

/** A file of the package `electron`, whose version is the one that the app is made for. */
function readPinned<Content>(name: string): Content {
  return JSON.parse(readFileSync(path.join(ROOT, 'node_modules/electron', name), 'utf8')) as Content
}
