// Second half of `npm test`, under Node 24.
import process from 'node:process'
import { runStage, type Say } from './run-stage.ts'
import { listStages, type Count, type Stage } from './stages.ts'

const HELP = `npm test [-- --only stage,stage]

Runs everything that proves Carrel, in stages: ${listStages()
  .map((stage) => stage.name)
  .join(', ')}.
Two of them run side by side. Goes on after a failure. Prints why anything was skipped, and as its last line "N passed, N failed", with ", N skipped"
where something was. Exit code 0 only when nothing failed.
`

/** What a stage came to, for the table at the end. */
interface Outcome extends Count {
  name: string
  seconds: number
  budgetSeconds: number
}

async function runStages(only: string[] | null): Promise<void> {
  const began = performance.now()
  const stages = listStages().filter(({ name }) => only === null || only.includes(name))
  const lanes = (['short', 'long'] as const).map((lane) => stages.filter((stage) => stage.lane === lane))
  const outcomes = (await Promise.all(lanes.map((lane, index) => runLane(lane, index === 0)))).flat()
  const seconds = ((performance.now() - began) / 1000).toFixed(1)
  process.stdout.write(`\n${outcomes.map(lineOf).join('\n')}\nall together ${seconds} s\n`)
  const skips = outcomes.flatMap((outcome) => outcome.skips)
  for (const skip of skips) process.stdout.write(`skipped: ${skip}\n`)
  const [passed, failed] = [sum(outcomes, 'passed'), sum(outcomes, 'failed')]
  const skipped = skips.length > 0 ? `, ${skips.length} skipped` : ''
  process.stdout.write(`${passed} passed, ${failed} failed${skipped}\n`)
  if (failed > 0 || passed === 0) process.exitCode = 1
}

/** One stage after the other. One lane prints as it goes, the other each stage when it has ended, so that their lines do not mix. */
async function runLane(stages: readonly Stage[], isLoud: boolean): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  for (const stage of stages) {
    const held: (Buffer | string)[] = []
    const say: Say = (part) => void (isLoud ? process.stdout.write(part) : held.push(part))
    say(`\n── ${stage.name} ──\n`)
    const { name, budgetSeconds } = stage
    outcomes.push({ name, budgetSeconds, ...(await runStage(stage, say)) })
    for (const part of held) process.stdout.write(part)
    if (process.exitCode !== undefined) break
  }
  return outcomes
}

function lineOf({ name, seconds, budgetSeconds, passed, failed, skips }: Outcome): string {
  const time = `${seconds.toFixed(1).padStart(6)} s of ${String(budgetSeconds).padStart(3)}`
  return `${name.padEnd(12)} ${time}  ${passed} passed, ${failed} failed, ${skips.length} skipped`
}

function sum(outcomes: readonly Outcome[], what: 'passed' | 'failed'): number {
  return outcomes.reduce((total, outcome) => total + outcome[what], 0)
}

const args = process.argv.slice(2)
if (args.includes('--help') || args.includes('-h')) process.stdout.write(HELP)
else await runStages(args[0] === '--only' ? (args[1] ?? '').split(',') : null)
