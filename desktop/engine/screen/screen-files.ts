import { createHash } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { mediaTypeOf, screenHeaders } from '#shared/wire/screen-policy.ts'

/** One file of the built pages. */
export interface ScreenFile {
  /** Absolute path on the disk. */
  file: string
  mediaType: string
  /** Its name changes with its content, so that it may be cached for ever. */
  isHashed: boolean
}

const HASHED = /^\/assets\/.+-[A-Za-z0-9_-]{8,}\.[a-z0-9]+$/

/**
 * The files below a folder of built pages, by their path in an address ("/kiosk.html"). Shells look addresses up in
 * this list and never join them to a folder, so no address can name anything else. Symbolic links are left out. Throws where
 * the folder cannot be read. [BRG-3] [BRG-4]
 */
export function listScreenFiles(folder: string): ReadonlyMap<string, ScreenFile> {
  const files = new Map<string, ScreenFile>()
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const file = join(entry.parentPath, entry.name)
    const address = `/${relative(folder, file).split(sep).join('/')}`
    files.set(address, { file, mediaType: mediaTypeOf(entry.name), isHashed: HASHED.test(address) })
  }
  return files
}

const INLINE = /<script>([^]*?)<\/script>/g

/**
 * The headers of a file, by the bytes that are sent: the content security policy allows the script inside a page's own file and
 * no other, also where the page was updated while the shell runs. [BRG-3] [BRG-4] [KSK-18]
 */
export function screenFileHeaders(
  { mediaType }: ScreenFile,
  bytes: Buffer,
  connect: 'self' | 'none',
): Record<string, string> {
  const programs = mediaType.startsWith('text/html') ? [...bytes.toString('utf8').matchAll(INLINE)] : []
  const hashes = programs.map(([, text = '']) => createHash('sha256').update(text).digest('base64'))
  return { ...screenHeaders(connect, hashes), 'content-type': mediaType }
}
