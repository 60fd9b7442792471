import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { ancestors } from './ancestors.ts'
import { bundle } from './bundle.ts'
import { catchUp } from './catch-up.ts'
import { conflation } from './conflation.ts'
import { frames } from './frames.ts'
import { navigation } from './navigation.ts'
import { paint } from './paint.ts'
import { memory } from './memory.ts'
import { storm } from './storm.ts'
import { tapDurable } from './tap-durable.ts'
import { reports, slowFlush } from './reports.ts'
import { signIns } from './sign-ins.ts'
import type { Benchmark, BenchOptions, Figure } from './figure.ts'

const BENCHMARKS: readonly Benchmark[] = [
  reports,
  slowFlush,
  frames,
  conflation,
  ancestors,
  memory,
  storm,
  tapDurable,
  paint,
  navigation,
  catchUp,
  signIns,
  bundle,
]

const HELP = `npm run bench -- [--only NAME] [--quick] [--json FILE]

Measures Carrel against the plain way of doing the same work, in the same run, with the same durability. Ratios decide;
absolute figures depend on the machine.

  --only NAME   one figure, or one group of them: ${BENCHMARKS.map(({ name }) => name).join(', ')}
  --quick       three short rounds instead of five (about five minutes in all)
  --json FILE   also writes the figures as an array
  --help        this text
`

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    quick: { type: 'boolean', default: false },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})

async function main(): Promise<number> {
  if (values.help) {
    process.stdout.write(HELP)
    return 0
  }
  const { only } = values
  const chosen = BENCHMARKS.filter(
    ({ name }) => only === undefined || name === only || only.startsWith(`${name}-`),
  )
  if (chosen.length === 0) {
    process.stderr.write(`There is no group of figures called "${values.only}".\n${HELP}`)
    return 2
  }
  const options: BenchOptions = {
    rounds: values.quick ? 3 : 5,
    stretchMs: values.quick ? 1000 : 2000,
    log: (text) => process.stderr.write(`${text}\n`),
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
  const head = ['', 'figure', 'value', 'baseline', 'ratio', 'target', 'note']
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)),
  )
  const line = (cells: readonly string[]): string =>
    cells.map((cell, column) => (column === 6 ? cell : cell.padEnd(widths[column] ?? 0))).join('  ')
  return `${[head, ...rows].map(line).join('\n')}\n`
}

function round(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en-GB') : value.toPrecision(3)
}

// Node itself may turn in circles at its end over a message to a child that was killed before it read it.
process.exit(await main())
