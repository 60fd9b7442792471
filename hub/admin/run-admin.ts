import { resolve } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import { optionFault, wordTooMany } from '#shared/domain/option-fault.ts'
import { printable, quoted } from '#shared/domain/space-tree.ts'
import { refusal, type AdminAnswer, type AdminCommand, type AdminInput, type AdminRefusal } from './answer.ts'
import { commandsShown, findCommand, helpOf, isHelpAsked, overview, unknownCommand, usageOf } from './help.ts'
import { openWorld } from './connect.ts'
import { parseConfig } from '../config.ts'
import { renderPrinted, type Printed } from './table.ts'
import { NO_TERMINAL, type Terminal } from './terminal.ts'

/** Exit codes: done; refused or not well; not understood. */
const EXIT = { done: 0, refused: 1, usage: 2 } as const

const COMMON = { json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } as const

interface Typed {
  input: AdminInput
  isHelp: boolean
}

/** Options and words of a command; the refusal is what was wrong with them. */
function parseInput(
  command: AdminCommand,
  rest: string[],
  environment: NodeJS.ProcessEnv,
  ask: Terminal['ask'],
): Decision<Typed, string> {
  // npm runs everything in the project's own folder, and says where it was called.
  const folder = environment['INIT_CWD'] ?? process.cwd()
  const options = { ...COMMON, ...command.options }
  let typed: { values: Record<string, unknown>; positionals: string[] }
  try {
    typed = parseArgs({ args: rest, options, allowPositionals: true })
  } catch (error) {
    return refuse(optionFault(error, Object.keys(options)))
  }
  const { values, positionals: words } = typed
  const input: AdminInput = {
    text: (option) => {
      const value = values[option]
      return typeof value === 'string' ? value : undefined
    },
    isSet: (option) => values[option] === true,
    words,
    usualUniversity: environment['CARREL_UNIVERSITY'] || undefined,
    ask,
    file: (index) => (words[index] === undefined ? undefined : resolve(folder, words[index])),
  }
  if (values['help'] === true) return accept({ input, isHelp: true })
  const missing = (command.required ?? []).find((name) => values[name] === undefined)
  if (missing !== undefined) return refuse(`--${missing} is missing. Add it.`)
  const [least, most] = command.words ?? [0, 0]
  if (words.length < least)
    return refuse(`${missingWord(command, words.length)} is missing. Add it after "${command.name}".`)
  if (words.length > most) return refuse(tooMany(command, words[most] ?? ''))
  return accept({ input, isHelp: false })
}

/** A domain where no word is expected most likely names a university. [IMP-26] */
function tooMany(command: AdminCommand, word: string): string {
  const isDomain = /^[^\s@/]+\.[^\s@/.]+$/.test(word) && 'university' in command.options
  return isDomain
    ? `${quoted(word)} is one word too many; did you mean --university ${printable(word)}?`
    : wordTooMany(word)
}

/** What the usage calls the word that comes after so many others: "KIOSK" of "[--university D] KIOSK --space PATH". */
function missingWord({ usage }: AdminCommand, count: number): string {
  const names = usage.replaceAll(/\[[^\]]*\]|--\S+ (?:"[^"]*"|\S+)/g, '').match(/\S+/g) ?? []
  return names[count] ?? 'A word'
}

async function run(
  command: AdminCommand,
  input: AdminInput,
  environment: NodeJS.ProcessEnv,
): Promise<Decision<AdminAnswer, AdminRefusal>> {
  const config = parseConfig(environment)
  if (!config.ok) return refusal(config.refusal.problems.join('\n'))
  if (command.runAlone !== undefined) return command.runAlone(config.value, input)
  const world = await openWorld(config.value, command.isFirst === true ? 'make' : 'use')
  if (!world.ok) return world
  try {
    return await command.run(world.value, input)
  } finally {
    await world.value.close()
  }
}

/** Handles what no command handled: a fault of ours, or a database that went away in the middle. */
function brokenOff(error: unknown): Decision<AdminAnswer, AdminRefusal> {
  const message = error instanceof Error ? error.message : String(error)
  return refusal(`The command failed, and its changes were not saved: ${message}`, {
    stack: error instanceof Error ? error.stack : null,
  })
}

/** What a run of the command line prints, and its exit code: 0 done, 1 refused or not well, 2 not understood. */
export interface AdminRun {
  code: 0 | 1 | 2
  stdout: string
  stderr: string
}

/** Runs one command line. With `--json` standard output is exactly one JSON document, whatever happened. */
export async function runAdmin(
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
  terminal: Terminal = NO_TERMINAL,
): Promise<AdminRun> {
  const isJson = args.includes('--json')
  const end = (code: AdminRun['code'], shown: Printed, json: unknown): AdminRun => {
    if (isJson) return { code, stdout: `${JSON.stringify(json)}\n`, stderr: '' }
    const text = `${renderPrinted(shown, terminal.width)}\n`
    return code === EXIT.done ? { code, stdout: text, stderr: '' } : { code, stdout: '', stderr: text }
  }
  const words = args.filter((word) => word !== '--json')
  const found = findCommand(words)
  if (found === null) {
    const shown = commandsShown(words)
    const commands = shown.map(({ name, usage, summary }) => ({ name, usage, summary }))
    const text = overview(shown, terminal.width)
    if (isHelpAsked(words)) return end(EXIT.done, text, { commands })
    const error = unknownCommand(words)
    return end(EXIT.usage, `${error}\n\n${text}`, { error, commands })
  }
  const { command, rest } = found
  const { name, usage, summary } = command
  const typed = parseInput(command, rest, environment, terminal.ask)
  if (!typed.ok)
    return end(EXIT.usage, `${typed.refusal}\n\n${usageOf(command)}`, { error: typed.refusal, usage })
  if (typed.value.isHelp) return end(EXIT.done, helpOf(command), { name, usage, summary })
  const done = await run(command, typed.value.input, environment).catch(brokenOff)
  if (done.ok) return end(done.value.isWell ? EXIT.done : EXIT.refused, done.value.shown, done.value.json)
  const { sentence, facts = null, isUsage = false } = done.refusal
  return end(isUsage ? EXIT.usage : EXIT.refused, sentence, { error: sentence, facts })
}
