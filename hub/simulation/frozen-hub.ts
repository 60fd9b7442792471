import { mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** Puts a frozen hub of build/releases into a folder of its own; gives the path of its program. It runs with the packages of this checkout. */
export function unpackFrozenHub(name: string): string {
  const file = join(ROOT, 'build/releases', name, 'hub.json.gz')
  const { files } = JSON.parse(gunzipSync(readFileSync(file)).toString('utf8')) as {
    files: Record<string, string>
  }
  const folder = mkdtempSync(join(tmpdir(), 'carrel-frozen-hub-'))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  return join(folder, 'hub/main.ts')
}
