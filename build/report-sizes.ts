import path from 'node:path'
import { parseArgs } from 'node:util'
import { readTree, type TreeFile } from './tree.ts'

const HELP = `npm run sizes [-- FOLDER…] - lines of the project's programs; a report, never a fault

Prints, of TypeScript files that are no tests and no fixtures:
  slivers   shorter than 40 lines and imported by one file or none: perhaps a part of that file
  lumps     longer than 300 lines: perhaps several things
  folders   how many files, lines and what median each folder has

  --all     also tests
`

const SLIVER_LINES = 40
const LUMP_LINES = 300
const IMPORT = /(?:from|import)\s*\(?'([^']+)'|new URL\('([^']+)', import\.meta\.url/g

interface Sized {
  path: string
  lines: number
  importers: string[]
}

/** Programs with their lines and the programs (tests aside) that import them. */
function measure(files: readonly TreeFile[]): Sized[] {
  const importers = new Map<string, string[]>()
  for (const file of files) {
    if (isTest(file.path)) continue
    for (const [, from, beside] of file.text.matchAll(IMPORT)) {
      const name = from ?? beside ?? ''
      const target = name.startsWith('#')
        ? name.slice(1)
        : path.posix.join(path.posix.dirname(file.path), name)
      importers.set(target, [...(importers.get(target) ?? []), file.path])
    }
  }
  return files.map(({ path: file, text }) => ({
    path: file,
    lines: text.split('\n').length - 1,
    importers: [...new Set(importers.get(file))],
  }))
}

function isTest(file: string): boolean {
  return /\.test\.tsx?$|\/testing[-/]|\/fixtures\/|\/e2e\//.test(file)
}

/** The middle one; of an even number the lower of both. */
function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor((values.length - 1) / 2)] ?? 0
}

function section(title: string, lines: readonly string[]): string {
  return `${title} (${lines.length})\n${lines.map((line) => `  ${line}\n`).join('')}\n`
}

/** The whole report as text. */
function report(sized: readonly Sized[]): string {
  const byLines = sized.toSorted((left, right) => left.lines - right.lines)
  const slivers = byLines.filter(({ lines, importers }) => lines < SLIVER_LINES && importers.length < 2)
  const lumps = byLines.filter(({ lines }) => lines > LUMP_LINES).toReversed()
  const folders = Map.groupBy(sized, (file) => path.posix.dirname(file.path))
  const rows = [...folders].toSorted(([left], [right]) => (left < right ? -1 : 1))
  return (
    section(
      'slivers',
      slivers.map(
        (file) =>
          `${String(file.lines).padStart(4)}  ${file.path}  <- ${file.importers[0] ?? 'nobody: a program'}`,
      ),
    ) +
    section(
      'lumps',
      lumps.map(({ path: file, lines }) => `${String(lines).padStart(4)}  ${file}`),
    ) +
    section(
      'folders: files, lines, median',
      rows.map(([folder, files]) => {
        const lines = files.map((file) => file.lines)
        const sum = lines.reduce((total, one) => total + one, 0)
        const numbers = [files.length, sum, median(lines)].map((value) => String(value).padStart(6))
        return `${numbers.join(' ')}  ${folder}`
      }),
    )
  )
}

const { values, positionals } = parseArgs({
  options: { help: { type: 'boolean', short: 'h' }, all: { type: 'boolean', default: false } },
  allowPositionals: true,
})
if (values.help === true) process.stdout.write(HELP)
else {
  const programs = readTree().filter(
    ({ path: file }) => /\.tsx?$/.test(file) && !file.startsWith('build/releases/'),
  )
  const chosen = measure(programs).filter(
    ({ path: file }) =>
      (values.all || !isTest(file)) &&
      (positionals.length === 0 ||
        positionals.some((folder) => file.startsWith(path.posix.join(folder, '/')))),
  )
  process.stdout.write(report(chosen))
}
