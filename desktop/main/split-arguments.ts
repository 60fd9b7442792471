import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import { KIOSK_OPTIONS } from '../engine/config/kiosk-arguments.ts'
import { nearestName } from '#shared/domain/nearest-name.ts'
import { PORTAL_OPTIONS } from './portal-arguments.ts'

/** A command line taken apart. */
export interface TakenApart {
  /** What is the app's own to read. */
  own: string[]
  /** Names of the switches that are Chromium's, without their values. */
  switches: string[]
}

const OPTIONS: Record<string, { type: 'string' | 'boolean' }> = { ...KIOSK_OPTIONS, ...PORTAL_OPTIONS }

/** What begins like an option of ours and is one of Chromium's all the same. */
const CHROMIUM = /^--(window-(size|position|name)|export-tagged-pdf|code-cache)/

/**
 * The arguments after the program: after its first file too where Electron's own program was given the app as a file.
 * Switches may stand before that file.
 */
export function argumentsOf(argv: readonly string[], isDefaultApp: boolean): string[] {
  const after = argv.slice(1)
  if (!isDefaultApp) return after
  const file = after.findIndex((one) => !one.startsWith('-'))
  return file === -1 ? after : [...after.slice(0, file), ...after.slice(file + 1)]
}

/**
 * Leaves to Chromium what is not ours: there are hundreds of switches, and no list of them holds for long. What is nearly one
 * of our own options is refused, since it is a slip of the pen; so is a value that stands apart from a switch. [SHL-6]
 */
export function takeApart(args: readonly string[]): Decision<TakenApart, string> {
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
    const meant = meantBy(name, argument)
    if (meant !== null)
      return refuse(`Unknown option --${name}: did you mean --${meant}? --help lists what there is.`)
    switches.push(`--${name}`)
  }
  return accept({ own, switches })
}

function nameOf(argument: string): string {
  return argument.includes('=') ? '' : argument
}

/** The option of ours that a name is a slip of, or the beginning of; null where it can be a switch. */
function meantBy(name: string, argument: string): string | null {
  if (CHROMIUM.test(argument)) return null
  const names = Object.keys(OPTIONS)
  return names.find((one) => name.startsWith(`${one}-`)) ?? nearestName(name, names)
}
