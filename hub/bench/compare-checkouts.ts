import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { median, spread, type Figure } from './figure.ts'

const HERE = fileURLToPath(new URL('../../', import.meta.url))

/** What is compared, and how often. */
export interface ComparisonOptions {
  /** Folder of the other checkout, with its packages installed. */
  against: string
  /** Runs of each checkout. */
  rounds: number
  /** Figures or groups of them, one after the other. */
  names: readonly string[]
  /** Progress for people. */
  log(text: string): void
}

/** A figure of both checkouts: medians of the rounds. */
export interface ComparedFigure {
  name: string
  unit: string
  /** The other checkout's. */
  before: number
  /** This checkout's. */
  now: number
  /** now / before, the median of the rounds' own ratios. */
  ratio: number
  /** Smallest and largest of them. */
  spread: string
  /** Whether this checkout is at least nine tenths as good as the other. */
  met: boolean
}

/** What a later commit must keep of an earlier one's figures. */
const KEPT_SHARE = 0.9

type Values = Map<string, { of: Pick<Figure, 'unit' | 'better'>; values: number[] }>

/**
 * Runs the quick bench of another checkout and of this one in turn, group by group, each in its own folder with its own code, so
 * that whatever else the machine does meets both. Rejects when there is no such checkout or when a bench fails.
 */
export async function compareCheckouts(options: ComparisonOptions): Promise<ComparedFigure[]> {
  const { names, rounds, log } = options
  const against = resolve(options.against)
  for (const needed of ['hub/bench/main.ts', 'node_modules/.package-lock.json'])
    if (!existsSync(join(against, needed)))
      throw new Error(
        `${against} cannot be measured: ${needed} is missing ("npm ci --ignore-scripts" installs what a checkout needs)`,
      )
  const before: Values = new Map()
  const now: Values = new Map()
  const sides: [string, Values][] = [
    [against, before],
    [HERE, now],
  ]
  for (const name of names)
    for (let round = 0; round < rounds; round += 1) {
      log(`── ${name}, round ${round + 1} of ${rounds} ──`)
      // Whoever comes second finds a warmer machine: each is second every other time.
      for (const [folder, values] of round % 2 === 0 ? sides : sides.toReversed())
        for (const figure of await measure(folder, name, log)) add(values, figure)
    }
  return compare(before, now, log)
}

function add(values: Values, { name, unit, better, value }: Figure): void {
  const known = values.get(name) ?? { of: { unit, better }, values: [] }
  known.values.push(value)
  values.set(name, known)
}

/** None where a checkout knows no such figure. */
async function measure(folder: string, name: string, log: ComparisonOptions['log']): Promise<Figure[]> {
  const results = mkdtempSync(join(tmpdir(), 'carrel-bench-figures-'))
  const file = join(results, 'figures.json')
  log(folder)
  try {
    const code = await run(['hub/bench/main.ts', '--quick', '--json', file, '--only', name], folder)
    if (code === NO_SUCH_FIGURE) return []
    if (code !== 0) throw new Error(`the bench in ${folder} ended with exit code ${code}`)
    return JSON.parse(readFileSync(file, 'utf8')) as Figure[]
  } finally {
    rmSync(results, { recursive: true, force: true })
  }
}

/** Exit code of a bench that was asked for something unknown. */
const NO_SUCH_FIGURE = 2

function run(args: readonly string[], cwd: string): Promise<number | null> {
  return new Promise((done, reject) => {
    // Its table is of one round; its progress is for whoever waits.
    const child = spawn(process.execPath, [...args], { cwd, stdio: ['ignore', 'ignore', 'inherit'] })
    child.once('error', reject)
    child.once('exit', done)
  })
}

function compare(before: Values, now: Values, log: ComparisonOptions['log']): ComparedFigure[] {
  for (const name of before.keys()) if (!now.has(name)) log(`only there: ${name}`)
  return [...now].flatMap(([name, { of, values }]) => {
    const old = before.get(name)?.values
    if (old === undefined) {
      log(`only here: ${name}`)
      return []
    }
    const ratios = values.map((value, round) => ratioOf(value, old[round] ?? Number.NaN))
    const ratio = median(ratios)
    return [
      {
        name,
        unit: of.unit,
        before: median(old),
        now: median(values),
        ratio,
        spread: spread(ratios, 2),
        met: of.better === 'more' ? ratio >= KEPT_SHARE : ratio <= 1 / KEPT_SHARE,
      },
    ]
  })
}

/** Nothing lost here and nothing lost there is the same. */
function ratioOf(now: number, before: number): number {
  return now === before ? 1 : now / before
}
