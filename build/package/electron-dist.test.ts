import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { ROOT, StartupError } from '../launcher.mjs'
import { findElectronDist } from './electron-dist.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'carrel-dist-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const { version } = JSON.parse(
  readFileSync(path.join(ROOT, 'node_modules/electron/package.json'), 'utf8'),
) as { version: string }

/** A folder that looks like an unpacked Electron; none of its files is one. */
function makeUnpacked(name: string, said: string, machine: number): string {
  const at = path.join(folder, name)
  mkdirSync(path.join(at, 'locales'), { recursive: true })
  for (const file of ['resources.pak', 'icudtl.dat', 'chrome-sandbox']) writeFileSync(path.join(at, file), '')
  writeFileSync(path.join(at, 'version'), said)
  const header = Buffer.alloc(64)
  header.write('\x7fELF', 'latin1')
  header.writeUInt16LE(machine, 18)
  writeFileSync(path.join(at, 'electron'), header)
  chmodSync(path.join(at, 'electron'), 0o755)
  return at
}

async function refusalOf(named: string, arch: 'x64' | 'arm64' = 'x64'): Promise<string> {
  return findElectronDist(named, arch, path.join(folder, 'stub')).then(
    () => 'taken',
    (error: unknown) => (error instanceof StartupError ? error.message : `a fault: ${String(error)}`),
  )
}

describe('[PKG-5] what CARREL_ELECTRON_DIST names', () => {
  test('is packed when it is this Electron, unpacked, for the machine that is packed for', async () => {
    const at = makeUnpacked('right', version, 62)
    await expect(findElectronDist(at, 'x64', folder)).resolves.toEqual({
      at,
      version,
      isStub: false,
      sentence: `Electron ${version}, unpacked before: version and machine are right, its bytes were not compared`,
    })
  })

  test('is refused with a sentence when it is another version, another machine, incomplete or not there', async () => {
    expect(await refusalOf(makeUnpacked('old', '12.0.0', 62))).toContain(
      `holds Electron 12.0.0; this app is for ${version}.`,
    )
    expect(await refusalOf(makeUnpacked('other', version, 62), 'arm64')).toContain(
      'is not a program for Linux on arm64.',
    )
    const lacking = makeUnpacked('lacking', version, 62)
    rmSync(path.join(lacking, 'icudtl.dat'))
    expect(await refusalOf(lacking)).toContain('is not an unpacked Electron for Linux: icudtl.dat missing.')
    expect(await refusalOf(path.join(folder, 'nowhere'))).toContain('there is no ')
  })

  test('is refused when an archive is not the one that its makers published', async () => {
    const archive = `electron-v${version}-linux-x64.zip`
    const at = path.join(folder, 'archives')
    mkdirSync(at)
    writeFileSync(path.join(at, archive), 'something else')
    for (const named of [at, path.join(at, archive)])
      expect(await refusalOf(named)).toContain(`is not ${archive} as its makers published it`)
  })
})
