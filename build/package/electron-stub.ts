import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { createPackage } from '@electron/asar'

/** What the stub's program says, and ends with: a service that is not available (sysexits.h). */
const SAYS = 'This Carrel was packed without Electron and shows no window: CARREL_ELECTRON_DIST named none.'
const EXIT_CODE = 69

/** By this text a program carries its fuses: then their version, how many they are, and one character for each. */
const FUSE_SENTINEL = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX'
const FUSE_VERSION = 1
/** As Electron's own program comes: Node's options on, cookies plain, any folder loaded. */
const FUSES = '101100011'

/** Chromium's translations, of which the packed app keeps its own languages. */
const LOCALES = ['de', 'en-US', 'sl', 'zh-TW']

/**
 * Puts into a folder what electron-builder needs to find of an Electron, so that all but Electron itself can be packed
 * and looked at: files with their names, and a program that says what it is and carries fuses that can be switched. [PKG-5]
 */
export async function writeElectronStub(folder: string): Promise<void> {
  mkdirSync(path.join(folder, 'locales'), { recursive: true })
  mkdirSync(path.join(folder, 'resources'), { recursive: true })
  const script = `#!/bin/sh\necho '${SAYS}' >&2\nexit ${EXIT_CODE}\n# ${FUSE_SENTINEL}`
  const wire = Buffer.concat([
    Buffer.from([FUSE_VERSION, FUSES.length]),
    Buffer.from(FUSES),
    Buffer.from('\n'),
  ])
  write(folder, 'electron', Buffer.concat([Buffer.from(script), wire]), 0o755)
  write(folder, 'chrome-sandbox', 'stub\n', 0o755)
  for (const name of ['version', 'resources.pak', 'icudtl.dat', 'LICENSE'])
    write(folder, name, 'stub\n', 0o644)
  for (const locale of LOCALES) write(folder, `locales/${locale}.pak`, 'stub\n', 0o644)
  await createPackage(path.join(folder, 'locales'), path.join(folder, 'resources/default_app.asar'))
}

function write(folder: string, name: string, content: string | Buffer, mode: number): void {
  const file = path.join(folder, name)
  writeFileSync(file, content)
  // Whatever the umask of whoever packs says.
  chmodSync(file, mode)
}
