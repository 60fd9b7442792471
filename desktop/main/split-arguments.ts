import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import { KIOSK_OPTIONS } from '../engine/config/kiosk-arguments.ts'
import { nearestName } from '#shared/domain/nearest-name.ts'
import { PORTAL_OPTIONS } from './portal-arguments.ts'

/** A command line, split into the app's own options and Chromium's switches. */
export interface SplitArguments {
  /** What the app parses itself. */
  own: string[]
  /** Names of the switches that are Chromium's, without their values. */
  switches: string[]
}

const OPTIONS: Record<string, { type: 'string' | 'boolean' }> = { ...KIOSK_OPTIONS, ...PORTAL_OPTIONS }

/** Switches of Chromium that begin like an option of the app. */
const CHROMIUM_SWITCHES = /^--(window-(size|position|name)|export-tagged-pdf|code-cache)/

/**
 * The arguments after the program; without the file that Electron's own program was given as the app (`isDefaultApp`).
 * Switches may stand before that file. [SHL-6]
 */
export function argumentsOf(argv: readonly string[], isDefaultApp: boolean): string[] {
  const after = argv.slice(1)
  if (!isDefaultApp) return after
  const file = after.findIndex((one) => !one.startsWith('-'))
  return file === -1 ? after : [...after.slice(0, file), ...after.slice(file + 1)]
}

/**
 * Leaves to Chromium what is no option of the app: there are hundreds of switches, and no list of them stays right for long. What
 * is nearly an option of the app is refused as misspelt; so is a value that stands apart from its switch. Refuses with one plain
 * sentence. [SHL-6]
 */
export function splitArguments(args: readonly string[]): Decision<SplitArguments, string> {
  const own: string[] = []
  const switches: string[] = []
  for (let at = 0; at < args.length; at += 1) {
    const argument = args[at] ?? ''
    const name = /^--([^=]+)/.exec(argument)?.[1]
    const option = name !== undefined && Object.hasOwn(OPTIONS, name) ? OPTIONS[name] : undefined
    if (option !== undefined || name === undefined) {
      const before = args[at - 1] ?? ''
      if (name === undefined && !argument.startsWith('-') && switches.includes(nameOf(before)))
        return refuse(`${before} is a switch of Chromium's: its value is written ${before}=${argument}.`)
      own.push(argument)
      if (option?.type === 'string' && !argument.includes('=') && at + 1 < args.length)
        own.push(args[(at += 1)] ?? '')
      continue
    }
    const meant = optionMeantBy(name, argument)
    if (meant !== null)
      return refuse(`There is no option --${name}; did you mean --${meant}? --help shows all options.`)
    switches.push(`--${name}`)
  }
  return accept({ own, switches })
}

function nameOf(argument: string): string {
  return argument.includes('=') ? '' : argument
}

/** The app's option that a name was probably meant to be; null where it can be a switch. */
function optionMeantBy(name: string, argument: string): string | null {
  if (CHROMIUM_SWITCHES.test(argument)) return null
  const names = Object.keys(OPTIONS)
  return names.find((one) => name.startsWith(`${one}-`)) ?? nearestName(name, names)
}
