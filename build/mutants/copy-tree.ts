import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

/** A copy of the project's own files in a folder that goes with `remove`; packages are linked, not copied. */
export interface TreeCopy {
  folder: string
  remove(): void
}

/** Copies every file that git knows or would add. */
export function copyTree(root: string): TreeCopy {
  const folder = mkdtempSync(path.join(tmpdir(), 'carrel-mutant-'))
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  for (const file of listed.split('\0')) {
    if (file === '' || !isThere(path.join(root, file))) continue
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true })
    cpSync(path.join(root, file), path.join(folder, file))
  }
  symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'))
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

function isThere(file: string): boolean {
  try {
    readFileSync(file)
    return true
  } catch {
    return false
  }
}

/** One exact replacement in one file. */
export interface Edit {
  file: string
  find: string
  replace: string
}

/** A file as it will read; throws when the edit's text is not there exactly once: a fault that can no longer be put in must be noticed. */
export function textAfter(folder: string, edit: Edit): string {
  const parts = readFileSync(path.join(folder, edit.file), 'utf8').split(edit.find)
  if (parts.length !== 2)
    throw new Error(
      `${edit.file} has ${parts.length - 1} places that read ${JSON.stringify(edit.find)}; one is needed`,
    )
  return parts.join(edit.replace)
}

/** Applies an edit. Throws as `textAfter` does. */
export function applyEdit(folder: string, edit: Edit): void {
  writeFileSync(path.join(folder, edit.file), textAfter(folder, edit))
}
