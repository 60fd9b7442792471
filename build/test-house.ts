// Second half of `npm test`, under Node 24.
import process from 'node:process'
import { runStage } from './run-stage.ts'
import { listStages } from './stages.ts'

const HELP = `npm test [-- --only stage,stage]

Runs everything that proves Carrel, in stages: ${listStages()
  .map((stage) => stage.name)
  .join(', ')}.
Goes on after a failure. Prints why anything was skipped, and as its last line "N passed, N failed", with ", N skipped"
where something was. Exit code 0 only when nothing failed.
`

async function runStages(only: string[] | null): Promise<void> {
  const began = performance.now()
  const lines: string[] = []
  const skips: string[] = []
  let passed = 0
  let failed = 0
  for (const stage of listStages()) {
    if (only !== null && !only.includes(stage.name)) continue
    process.stdout.write(`\n── ${stage.name} ──\n`)
    const count = await runStage(stage)
    passed += count.passed
    failed += count.failed
    skips.push(...count.skips)
    lines.push(
      `${stage.name.padEnd(12)} ${count.seconds.toFixed(1).padStart(6)} s of ${String(stage.budgetSeconds).padStart(3)}` +
        `  ${count.passed} passed, ${count.failed} failed, ${count.skips.length} skipped`,
    )
    if (process.exitCode !== undefined) break
  }
  const seconds = ((performance.now() - began) / 1000).toFixed(1)
  process.stdout.write(`\n${lines.join('\n')}\nall together ${seconds} s\n`)
  for (const skip of skips) process.stdout.write(`skipped: ${skip}\n`)
  const skipped = skips.length > 0 ? `, ${skips.length} skipped` : ''
  process.stdout.write(`${passed} passed, ${failed} failed${skipped}\n`)
  if (failed > 0 || passed === 0) process.exitCode = 1
}

const args = process.argv.slice(2)
const only = args[0] === '--only' ? (args[1] ?? '').split(',') : null
const unknown = only?.filter((name) => !listStages().some((stage) => stage.name === name)) ?? []
if (args.includes('--help') || args.includes('-h')) process.stdout.write(HELP)
else if (unknown.length > 0 || (only === null && args.length > 0)) {
  process.stderr.write(`There is no stage ${(unknown.length > 0 ? unknown : args).join(', ')}.\n\n${HELP}`)
  process.exitCode = 2
} else await runStages(only)
