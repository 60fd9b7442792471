import { readdirSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { mediaTypeOf } from '#shared/wire/screen-policy.ts'

/** One file of the built screens. */
export interface ScreenFile {
  /** Absolute path on the disk. */
  file: string
  mediaType: string
  /** Its name changes with its content, so that it may be kept for ever. */
  isHashed: boolean
}

const HASHED = /^\/assets\/.+-[A-Za-z0-9_-]{8,}\.[a-z0-9]+$/

/**
 * The files below a folder of built screens, by their path in an address ("/kiosk.html"). Shells look addresses up in
 * this list and never join them to a folder, so no address can name anything else. Links are left out. Throws where
 * the folder cannot be read.
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
