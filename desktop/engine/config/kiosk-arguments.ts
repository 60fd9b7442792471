import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import { optionFault } from '#shared/domain/option-fault.ts'

/** A kiosk's command line, the same for both shells; null where an option is not given. */
export interface KioskArguments {
  name: string | null
  hubUrl: string | null
  code: string | null
  /** Port of the agent on 127.0.0.1. */
  port: number | null
  folder: string | null
  configFile: string | null
  /** A plain window instead of full screen. */
  isWindow: boolean
  /** Only write what the outbox holds. [SYN-28] */
  isExport: boolean
  isHelp: boolean
}

/** The options of a kiosk's command line, as `parseArgs` of `node:util` takes them. */
export const KIOSK_OPTIONS = {
  name: { type: 'string' },
  hub: { type: 'string' },
  code: { type: 'string' },
  port: { type: 'string' },
  folder: { type: 'string' },
  config: { type: 'string' },
  window: { type: 'boolean' },
  export: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

/**
 * Parses a kiosk's command line. Refuses with one plain sentence; never throws. Files and folders are relative to `calledIn`, the
 * folder in which the command was called; null: the process's own. [IMP-14]
 */
export function parseKioskArguments(
  args: string[],
  calledIn: string | null = null,
): Decision<KioskArguments, string> {
  const placed = (file: string | undefined): string | null =>
    file === undefined || calledIn === null ? (file ?? null) : resolve(calledIn, file)
  try {
    const { values } = parseArgs({ args, options: KIOSK_OPTIONS, strict: true, allowPositionals: false })
    const port = values.port === undefined ? null : Number(values.port)
    if (port !== null && !/^\d{1,5}$/.test(values.port ?? '')) return refuse('--port must be a number.')
    if (port !== null && port !== 0 && (port < 1024 || port > 65_535))
      return refuse('--port must be between 1024 and 65535, or 0 for any free one.')
    return accept({
      name: values.name ?? null,
      hubUrl: values.hub ?? null,
      code: values.code ?? null,
      port,
      folder: placed(values.folder),
      configFile: placed(values.config),
      isWindow: values.window ?? false,
      isExport: values.export ?? false,
      isHelp: values.help ?? false,
    })
  } catch (error) {
    return refuse(`${optionFault(error, Object.keys(KIOSK_OPTIONS))} --help shows all options.`)
  }
}
