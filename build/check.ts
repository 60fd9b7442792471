// `npm run check`: everything about the text of the project that a machine can know without running it.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { KioskConfig } from '../desktop/engine/config/kiosk-config.ts'
import { checkLock } from './check-lock.ts'
import { checkLanguages, checkTextsUsed } from './check-languages.ts'
import { checkRules } from './check-rules.ts'
import { checkDocuments } from './check-documents.ts'
import { checkBoundaries } from './boundaries.ts'
import { checkImports } from './check-imports.ts'
import { checkWords } from './check-words.ts'
import { ROOT } from './launcher.mjs'
import { listPaths, readTree } from './tree.ts'

const HELP = `npm run check [-- name …]

Checks the text of the project, all of it or only what is named:
  format   oxfmt: every file is formatted
  lint     oxlint: boundaries of imports, circles, clock and randomness, promises, hooks, accessibility
  types    tsc: one project per layer
  dead     knip: no file, export or package that nothing uses
  languages  every language's folder is whole, its numbers have all forms, and every text is used
  rules    every rule of RULES.md and PROTOCOL.md has a test that cites it; every cited id exists
  documents  files and commands that documents name exist
  words    no silenced checks, no loose ends, no addresses or paths of one machine
  schema   the published JSON Schema of a kiosk's configuration is what the code checks (rewritten if not)
  boundaries  the lint configuration is what build/boundaries.ts and build/lint-rules.json say (rewritten if not), and no import hides from it
  lock     package-lock.json matches package.json, on every platform, without addresses

Prints one line per check, and what is wrong in full. Exit code 0 when nothing is.
`

interface Outcome {
  isRight: boolean
  text: string
}

const CHECKS: Record<string, () => Promise<Outcome>> = {
  format: () => tool('oxfmt', ['--check', '.']),
  lint: () => tool('oxlint', ['--report-unused-disable-directives', '--deny-warnings']),
  types: () => tool('tsc', ['-b', '--pretty', 'false']),
  dead: () => tool('knip', ['--no-progress', '--config', 'build/knip.json']),
  languages: async () => outcome([...(await checkLanguages()), ...(await checkTextsUsed(readTree()))]),
  rules: () => Promise.resolve(outcome(checkRules(readTree()))),
  documents: () => Promise.resolve(outcome(checkDocuments(readTree(), listPaths(), listScripts()))),
  words: () => Promise.resolve(outcome(checkWords(readTree()))),
  schema: () => Promise.resolve(outcome(checkSchema())),
  boundaries: () => Promise.resolve(outcome([...checkBoundaries(), ...checkImports(readTree())])),
  lock: () => Promise.resolve(outcome(checkLock(readTree()))),
}

function listScripts(): string[] {
  const { scripts } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>
  }
  return Object.keys(scripts)
}

function outcome(problems: string[]): Outcome {
  return { isRight: problems.length === 0, text: problems.join('\n') }
}

/** Where the JSON Schema of a kiosk's configuration file is published for IT and their editors. */
const SCHEMA_FILE = 'resources/kiosk-config.schema.json'

/** Writes the JSON Schema of a kiosk's configuration where the file does not say what the code checks. */
function checkSchema(): string[] {
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Configuration of a Carrel kiosk',
    ...KioskConfig,
  }
  const text = `${JSON.stringify(schema, null, 2)}\n`
  const file = path.join(ROOT, SCHEMA_FILE)
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return []
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, text)
  return [`${SCHEMA_FILE} was not what the code checks; it is written anew, to be committed`]
}

function tool(name: string, args: string[]): Promise<Outcome> {
  const child = spawn(path.join(ROOT, 'node_modules', '.bin', name), args, {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32',
  })
  const parts: Buffer[] = []
  child.stdout.on('data', (part: Buffer) => parts.push(part))
  child.stderr.on('data', (part: Buffer) => parts.push(part))
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ isRight: false, text: error.message }))
    child.once('close', (code) =>
      resolve({ isRight: code === 0, text: Buffer.concat(parts).toString('utf8').trim() }),
    )
  })
}

async function runCheck(name: string): Promise<boolean> {
  const began = performance.now()
  const { isRight, text } = (await CHECKS[name]?.()) ?? { isRight: false, text: 'no such check' }
  const seconds = ((performance.now() - began) / 1000).toFixed(1)
  process.stdout.write(`${isRight ? 'right' : 'WRONG'}  ${name.padEnd(7)} ${seconds.padStart(5)} s\n`)
  if (!isRight) process.stdout.write(`${text.replaceAll(/^/gm, '    ')}\n`)
  return isRight
}

const names = process.argv.slice(2)
if (names.includes('--help') || names.includes('-h')) {
  process.stdout.write(HELP)
} else {
  const results = await Promise.all((names.length > 0 ? names : Object.keys(CHECKS)).map(runCheck))
  const wrongCount = results.filter((isRight) => !isRight).length
  process.stdout.write(`${results.length - wrongCount} passed, ${wrongCount} failed\n`)
  process.exitCode = wrongCount > 0 ? 1 : 0
}
