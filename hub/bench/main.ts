import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { runInTemporaryFolders } from '../simulation/run-in-temporary-folders.ts'
import { ancestors } from './ancestors.ts'
import { bundle } from './bundle.ts'
import { catchUp } from './catch-up.ts'
import { compareCheckouts, type ComparedFigure } from './compare-checkouts.ts'
import { conflation } from './conflation.ts'
import { frames } from './frames.ts'
import { entranceTick } from './entrance-tick.ts'
import { navigation } from './navigation.ts'
import { paint } from './paint.ts'
import { hubs } from './hubs.ts'
import { memory } from './memory.ts'
import { millionReports } from './million-reports.ts'
import { mixedCrowd } from './mixed-crowd.ts'
import { storm } from './storm.ts'
import { tapDurable } from './tap-durable.ts'
import { reports, slowFlush } from './reports.ts'
import { signIns } from './sign-ins.ts'
import { greedyStudent } from './greedy-student.ts'
import type { Benchmark, BenchOptions, Figure } from './figure.ts'

const BENCHMARKS: readonly Benchmark[] = [
  reports,
  slowFlush,
  mixedCrowd,
  hubs,
  frames,
  conflation,
  ancestors,
  millionReports,
  memory,
  storm,
  tapDurable,
  paint,
  navigation,
  entranceTick,
  catchUp,
  signIns,
  greedyStudent,
  bundle,
]

const HELP = `npm run bench -- [--only NAME] [--quick] [--json FILE] [--against FOLDER [--rounds N]]

Measures Carrel against the plain way of doing the same work, in the same run, with the same durability. Ratios decide;
absolute figures depend on the machine.

  --only NAME   one figure, or one group of them: ${BENCHMARKS.map(({ name }) => name).join(', ')}
  --quick       three short rounds instead of five (about five minutes in all)
  --json FILE   also writes the figures as an array
  --against FOLDER
                measures another checkout of Carrel beside this one, in turn, each quick: an older commit in a worktree of its
                own, with its packages installed. Prints medians, this checkout's as a multiple of the other's, and
                whether it is at least 0.9 times as good
  --rounds N    how often each of them (7)
  --help        this text
`

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    quick: { type: 'boolean', default: false },
    json: { type: 'string' },
    against: { type: 'string' },
    rounds: { type: 'string', default: '7' },
    help: { type: 'boolean', default: false },
  },
})

async function main(): Promise<number> {
  const { only } = values
  const chosen = BENCHMARKS.filter(
    ({ name }) => only === undefined || name === only || only.startsWith(`${name}-`),
  )
  if (chosen.length === 0) {
    process.stderr.write(`There is no group of figures called "${values.only}".\n${HELP}`)
    return 2
  }
  if (values.against !== undefined) {
    const names = only !== undefined ? [only] : chosen.map(({ name }) => name)
    return compareWith(values.against, names)
  }
  const options: BenchOptions = {
    rounds: values.quick ? 3 : 5,
    stretchMs: values.quick ? 1000 : 2000,
    log,
  }
  const figures: Figure[] = []
  for (const benchmark of chosen) {
    options.log(`${benchmark.name}: ${benchmark.about} …`)
    const made = await benchmark.run(options)
    const named = made.filter(({ name }) => name === only)
    figures.push(...(named.length > 0 ? named : made))
  }
  process.stdout.write(table(figures))
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(figures, null, 2)}\n`)
  return 0
}

function log(text: string): void {
  process.stderr.write(`${text}\n`)
}

async function compareWith(against: string, names: readonly string[]): Promise<number> {
  const rounds = Number(values.rounds)
  if (!Number.isSafeInteger(rounds) || rounds < 1) {
    process.stderr.write(`--rounds ${JSON.stringify(values.rounds)}: a whole number from 1 on is expected.\n`)
    return 2
  }
  const figures = await compareCheckouts({ against, rounds, names, log })
  process.stdout.write(comparisonTable(figures))
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(figures, null, 2)}\n`)
  return figures.length > 0 ? 0 : 1
}

function comparisonTable(figures: readonly ComparedFigure[]): string {
  return columns([
    ['', 'figure', 'there', 'here', 'here/there', 'by round', 'unit'],
    ...figures.map((figure) => [
      figure.met ? 'met' : 'MISSED',
      figure.name,
      round(figure.before),
      round(figure.now),
      `${figure.ratio.toFixed(2)}×`,
      figure.spread,
      figure.unit,
    ]),
  ])
}

/** Figures as a table for people. */
function table(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => [
    figure.met ? 'met' : 'MISSED',
    figure.name,
    `${round(figure.value)} ${figure.unit}`,
    figure.baseline === null ? '–' : round(figure.baseline),
    figure.ratio === null ? '–' : `${figure.ratio.toFixed(2)}×`,
    figure.target,
    figure.note,
  ])
  return columns([['', 'figure', 'value', 'baseline', 'ratio', 'target', 'note'], ...rows])
}

/** Rows of cells below each other; the last cell of a row is as long as it is. */
function columns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  )
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => (column === cells.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
  return `${rows.map(line).join('\n')}\n`
}

function round(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en-GB') : value.toPrecision(3)
}

if (values.help) process.stdout.write(HELP)
else await runInTemporaryFolders(main)
