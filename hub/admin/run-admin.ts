import { resolve } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { accept, type Decision } from '#shared/domain/decision.ts'
import { nearestName } from '#shared/domain/nearest-name.ts'
import { quoted } from '#shared/domain/space-tree.ts'
import { refusal, type AdminAnswer, type AdminCommand, type AdminInput, type AdminRefusal } from './answer.ts'
import { COMMANDS } from './commands.ts'
import { openWorld } from './connect.ts'
import { parseConfig } from '../config.ts'

/** Exit codes: done; refused or not well; not understood. */
const EXIT = { done: 0, refused: 1, usage: 2 } as const

const COMMON = { json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } as const

/** The commands of a group, such as "kiosk"; all where the word names none. */
function commandsOf(group: string | undefined): readonly AdminCommand[] {
  const ofGroup = COMMANDS.filter(({ name }) => name.split(' ')[0] === group)
  return ofGroup.length === 0 ? COMMANDS : ofGroup
}

/** That there is no such command, and which one was perhaps meant. */
function unknownCommand(words: readonly string[]): string {
  const typed = words.slice(0, 2).join(' ')
  const names = COMMANDS.map(({ name }) => name)
  const meant = nearestName(typed, names) ?? nearestName(words[0] ?? '', names)
  return `There is no command ${quoted(typed)}${meant === null ? '.' : `; did you mean ${quoted(meant)}?`}`
}

function overview(commands: readonly AdminCommand[]): string {
  const width = Math.max(...commands.map((command) => command.name.length))
  return [
    'npm run admin -- COMMAND …   looks after a Carrel: universities, spaces, kiosks, backups',
    '',
    ...commands.map((command) => `  ${command.name.padEnd(width)}  ${command.summary}`),
    '',
    'COMMAND --help says more. --json prints one JSON document on standard output and nothing else there.',
    'The exit code is 0 only when what was asked is done. Works beside a running Carrel, and without one: the database',
    'is that of DATABASE_URL, else that of the hub running on CARREL_HOME, else the one in CARREL_HOME itself.',
    '',
  ].join('\n')
}

function helpOf(command: AdminCommand): string {
  return [
    `npm run admin -- ${command.name} ${command.usage}`.trimEnd(),
    '',
    `${command.name}: ${command.summary}.`,
    ...(command.help === undefined ? [] : ['', command.help]),
    '',
    '  --json      one JSON document on standard output',
    '',
  ].join('\n')
}

/** The command that the first words name, and the words after them. */
function findCommand(words: readonly string[]): { command: AdminCommand; rest: string[] } | null {
  for (const length of [2, 1]) {
    const name = words.slice(0, length).join(' ')
    const command = COMMANDS.find((one) => one.name === name)
    if (command !== undefined) return { command, rest: words.slice(length) }
  }
  return null
}

interface Typed {
  input: AdminInput
  isHelp: boolean
}

/** Options and words of a command; the refusal is what was wrong with them. */
function parseInput(command: AdminCommand, rest: string[], folder: string): Decision<Typed, string> {
  let typed: { values: Record<string, unknown>; positionals: string[] }
  try {
    typed = parseArgs({ args: rest, options: { ...COMMON, ...command.options }, allowPositionals: true })
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return { ok: false, refusal: message.split('. To specify')[0] ?? message }
  }
  const { values, positionals } = typed
  if (values['help'] === true) return accept({ input: inputOf(values, positionals, folder), isHelp: true })
  const missing = (command.required ?? []).find((name) => values[name] === undefined)
  if (missing !== undefined) return { ok: false, refusal: `--${missing} is missing` }
  const [least, most] = command.words ?? [0, 0]
  if (positionals.length < least || positionals.length > most)
    return {
      ok: false,
      refusal:
        positionals.length < least
          ? `something is missing: ${command.name} ${command.usage}`
          : `"${positionals[most] ?? ''}" is too much`,
    }
  return accept({ input: inputOf(values, positionals, folder), isHelp: false })
}

function inputOf(values: Record<string, unknown>, words: string[], folder: string): AdminInput {
  return {
    text: (option) => {
      const value = values[option]
      return typeof value === 'string' ? value : undefined
    },
    isSet: (option) => values[option] === true,
    words,
    file: (index) => (words[index] === undefined ? undefined : resolve(folder, words[index])),
  }
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

/** The last door of the command line: a fault of ours, or a database that went away in the middle. */
function brokenOff(error: unknown): Decision<AdminAnswer, AdminRefusal> {
  const message = error instanceof Error ? error.message : String(error)
  return refusal(`It broke off, and what was begun was not done: ${message}`, {
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
export async function runAdmin(args: readonly string[], environment: NodeJS.ProcessEnv): Promise<AdminRun> {
  const isJson = args.includes('--json')
  const end = (code: AdminRun['code'], text: string, json: unknown): AdminRun => {
    if (isJson) return { code, stdout: `${JSON.stringify(json)}\n`, stderr: '' }
    return code === EXIT.done
      ? { code, stdout: `${text}\n`, stderr: '' }
      : { code, stdout: '', stderr: `${text}\n` }
  }
  const words = args.filter((word) => word !== '--json')
  const found = findCommand(words)
  if (found === null) {
    const isAsked = words.length === 0 || words.some((word) => ['--help', '-h', 'help'].includes(word))
    const shown = commandsOf(words[0])
    const commands = shown.map(({ name, usage, summary }) => ({ name, usage, summary }))
    if (isAsked) return end(EXIT.done, overview(shown), { commands })
    const error = unknownCommand(words)
    return end(EXIT.usage, `${error}\n\n${overview(shown)}`, { error, commands })
  }
  const { command, rest } = found
  const { name, usage, summary } = command
  // npm runs everything in the project's own folder, and tells where it was called.
  const typed = parseInput(command, rest, environment['INIT_CWD'] ?? process.cwd())
  if (!typed.ok)
    return end(EXIT.usage, `${typed.refusal}\n\n${helpOf(command)}`, { error: typed.refusal, usage })
  if (typed.value.isHelp) return end(EXIT.done, helpOf(command), { name, usage, summary })
  const done = await run(command, typed.value.input, environment).catch(brokenOff)
  if (done.ok) return end(done.value.isWell ? EXIT.done : EXIT.refused, done.value.text, done.value.json)
  const { sentence, facts = null } = done.refusal
  return end(EXIT.refused, sentence, { error: sentence, facts })
}
