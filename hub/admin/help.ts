import { nearestName } from '#shared/domain/nearest-name.ts'
import { quoted } from '#shared/domain/space-tree.ts'
import type { AdminCommand } from './answer.ts'
import { COMMANDS } from './commands.ts'
import { formatTable } from './table.ts'

/** What npm puts before a command. */
const START = 'npm run admin --'

/** How else a group of commands may be called. */
const GROUP_NAMES: Readonly<Record<string, string>> = {
  universities: 'university',
  'platform-admin': 'platform-admins',
  admins: 'platform-admins',
  person: 'people',
  persons: 'people',
  user: 'people',
  users: 'people',
  session: 'sessions',
  group: 'groups',
  space: 'spaces',
  kiosks: 'kiosk',
  setting: 'settings',
  key: 'keys',
  mails: 'mail',
  job: 'jobs',
}

/** Whether help was asked for, and nothing else. */
export function isHelpAsked(words: readonly string[]): boolean {
  return words.length === 0 || words.some((word) => ['--help', '-h', 'help'].includes(word))
}

/** The command that the first words name, and the words after them. */
export function findCommand(typed: readonly string[]): { command: AdminCommand; rest: string[] } | null {
  const words = withGroup(typed[0] === 'help' ? [...typed.slice(1), '--help'] : typed)
  for (const length of [2, 1]) {
    const name = words.slice(0, length).join(' ')
    const command = COMMANDS.find((one) => one.name === name || one.aliases?.includes(name) === true)
    if (command !== undefined) return { command, rest: words.slice(length) }
  }
  return null
}

function withGroup([first = '', ...rest]: readonly string[]): string[] {
  return [GROUP_NAMES[first] ?? first, ...rest]
}

/** The commands of the group that was typed, such as "kiosk", or perhaps meant by it ("kisok"); all where it names none. */
export function commandsShown(typed: readonly string[]): readonly AdminCommand[] {
  const words = typed.filter((word) => !['help', '--help', '-h'].includes(word))
  const ofGroup = commandsOf(withGroup(words)[0] ?? '')
  if (ofGroup.length > 0 || words.length === 0) return ofGroup.length > 0 ? ofGroup : COMMANDS
  const meant = commandsOf(meantCommand(words)?.split(' ')[0] ?? '')
  return meant.length > 0 ? meant : COMMANDS
}

function commandsOf(group: string): readonly AdminCommand[] {
  return COMMANDS.filter(({ name }) => name.split(' ')[0] === group)
}

/** The command that words which name none are nearest to, or the group; null where none is near. */
function meantCommand(typed: readonly string[]): string | null {
  const words = withGroup(typed).slice(0, 2).join(' ')
  const names = COMMANDS.map(({ name }) => name)
  const groups = [...new Set([...names.map((name) => name.split(' ')[0] ?? ''), ...Object.keys(GROUP_NAMES)])]
  const group = nearestName(typed[0] ?? '', groups)
  return nearestName(words, names) ?? (group === null ? null : (GROUP_NAMES[group] ?? group))
}

/** That there is no such command, and which one was perhaps meant; of a group's name alone, that a word is missing. */
export function unknownCommand(typed: readonly string[]): string {
  if (typed.length === 1 && commandsOf(withGroup(typed)[0] ?? '').length > 0)
    return `Add what to do with ${quoted(typed[0] ?? '')}:`
  const words = typed.slice(0, 2).join(' ')
  const meant = meantCommand(typed)
  return `There is no command ${quoted(words)}${meant === null ? '.' : `; did you mean ${quoted(meant)}?`}`
}

/** The list of commands, those of one group with an example of each. */
export function overview(commands: readonly AdminCommand[], width: number | null): string {
  const names = commands.map(({ name, summary }) => [name, summary])
  const isGroup = commands.length < COMMANDS.length
  return [
    `${START} COMMAND …   manages a Carrel hub: universities, people, spaces, kiosks, backups`,
    '',
    indented(formatTable(null, names, width === null ? null : width - 2)),
    '',
    ...(isGroup ? ['Examples:', ...commands.map(({ example }) => `  ${START} ${example}`), ''] : []),
    'COMMAND --help shows its options. --json prints one JSON document on standard output and nothing else there.',
    'Exit codes: 0 done, 1 not done or something to fix, 2 the command line was not understood.',
    'Commands work whether or not the hub is running. They use the database of DATABASE_URL, else that of the hub',
    'running on CARREL_HOME, else the one in CARREL_HOME itself. CARREL_UNIVERSITY names a university by its domain,',
    'where --university is not typed.',
    '',
  ].join('\n')
}

/** The shape of a command, and where more is said. */
export function usageOf({ name, usage }: AdminCommand): string {
  return `Usage: ${`${START} ${name} ${usage}`.trimEnd()}\n"${START} ${name} --help" says more.`
}

/** All about one command. */
export function helpOf(command: AdminCommand): string {
  return [
    `${START} ${command.name} ${command.usage}`.trimEnd(),
    '',
    `${command.name}: ${command.summary}.`,
    ...(command.help === undefined ? [] : ['', command.help]),
    '',
    ...('university' in command.options
      ? [
          '  --university D   which university, by its email domain (or -u D); not needed where there is only one, nor',
          '                   where CARREL_UNIVERSITY names it',
        ]
      : []),
    ...('yes' in command.options ? ['  --yes, -y        does not ask for confirmation'] : []),
    '  --json           prints one JSON document on standard output',
    '',
    'Example:',
    `  ${START} ${command.example}`,
    '',
  ].join('\n')
}

function indented(text: string): string {
  return text
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n')
}
