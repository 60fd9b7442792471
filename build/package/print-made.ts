import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'

/** Bytes of a file, or of all files below a folder. */
export function sizeOf(place: string): number {
  if (statSync(place).isFile()) return statSync(place).size
  return readdirSync(place, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(path.join(entry.parentPath, entry.name)).size, 0)
}

/** One line for a file or folder that was made: its size, for a file its SHA-256 too, and where it is. */
export function describeMade(place: string, shown: string): string {
  const isFile = statSync(place).isFile()
  const sum = isFile ? createHash('sha256').update(readFileSync(place)).digest('hex') : ''
  return `${sizeOf(place)} bytes  ${isFile ? `sha256 ${sum}  ` : ''}${shown}`
}
