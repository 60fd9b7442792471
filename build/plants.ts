import { spawn } from 'node:child_process'
import { parseArgs, stripVTControlCharacters } from 'node:util'
import { ROOT } from './house.mjs'
import { applyEdit, copyTree } from './plants/copy-tree.ts'
import { PLANTS, type Plant } from './plants/list.ts'

const HELP = `npm run plants [-- --only NAME] - sixteen faults are planted, one at a time, in a copy of the project

Each must turn the proof that watches over it red. First each proof must be green without a fault. Prints a table; exit
code 0 only if every fault is caught.
`

const PROOF_WITHIN_MS = 300_000
/** Two cores: two proofs side by side. */
const SIDE_BY_SIDE = 2

interface Verdict {
  plant: string
  verdict: 'caught' | 'NOT CAUGHT' | 'NO GROUND'
  detail: string
  seconds: number
}

/** Runs a proof in a folder. Null: green; else its last words. */
function prove(folder: string, proof: readonly string[]): Promise<string | null> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, proof, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    const keep = (data: Buffer): void => {
      output = (output + data.toString()).slice(-20_000)
    }
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    const timer = setTimeout(() => child.kill('SIGKILL'), PROOF_WITHIN_MS)
    child.once('exit', (code) => {
      clearTimeout(timer)
      resolve(code === 0 ? null : lastWords(output))
    })
  })
}

/** The line that says what is wrong, as well as it can be told. */
function lastWords(output: string): string {
  const lines = stripVTControlCharacters(output).split('\n')
  const at = lines.findIndex((line) => /a promise was broken/.test(line))
  const found =
    at === -1 ? lines.find((line) => /^\s*(FAIL|×|AssertionError|Error)/.test(line)) : lines[at + 1]
  return (found ?? lines.findLast((line) => line.trim() !== '') ?? 'it said nothing').trim().slice(0, 110)
}

async function tryPlant(plant: Plant): Promise<Verdict> {
  const startMs = performance.now()
  const copy = copyTree(ROOT)
  const seconds = (): number => Math.round((performance.now() - startMs) / 1000)
  try {
    for (const edit of plant.edits) applyEdit(copy.folder, edit)
    const fault = await prove(copy.folder, plant.proof)
    return fault === null
      ? { plant: plant.name, verdict: 'NOT CAUGHT', detail: plant.proof.join(' '), seconds: seconds() }
      : { plant: plant.name, verdict: 'caught', detail: fault, seconds: seconds() }
  } catch (error) {
    return { plant: plant.name, verdict: 'NO GROUND', detail: String(error), seconds: seconds() }
  } finally {
    copy.remove()
  }
}

/** Proofs that are red without any fault: they would prove nothing. */
async function redProofs(plants: readonly Plant[]): Promise<string[]> {
  const copy = copyTree(ROOT)
  try {
    const red: string[] = []
    for (const proof of new Set(plants.map((plant) => plant.proof))) {
      const fault = await prove(copy.folder, proof)
      if (fault !== null) red.push(`${proof.join(' ')}: ${fault}`)
    }
    return red
  } finally {
    copy.remove()
  }
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { only: { type: 'string' }, help: { type: 'boolean', short: 'h', default: false } },
  })
  if (values.help) {
    process.stdout.write(HELP)
    return 0
  }
  const plants = PLANTS.filter((plant) => values.only === undefined || plant.name.includes(values.only))
  const red = await redProofs(plants)
  for (const line of red) process.stdout.write(`red without a fault: ${line}\n`)
  if (red.length > 0) return 1
  const waiting = [...plants]
  const verdicts: Verdict[] = []
  const work = async (): Promise<void> => {
    for (let plant = waiting.shift(); plant !== undefined; plant = waiting.shift()) {
      const verdict = await tryPlant(plant)
      verdicts.push(verdict)
      process.stdout.write(
        `${verdict.verdict.padEnd(10)}  ${verdict.plant.padEnd(30)}  ${String(verdict.seconds).padStart(4)} s  ${verdict.detail}\n`,
      )
    }
  }
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, work))
  const caught = verdicts.filter(({ verdict }) => verdict === 'caught').length
  process.stdout.write(`${caught} of ${plants.length} planted faults are caught\n`)
  return caught === plants.length && plants.length > 0 ? 0 : 1
}

process.exitCode = await main()
