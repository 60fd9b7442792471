import { parseArgs } from 'node:util'
import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import type { ConfigProblem } from '#shared/wire/bridge.ts'
import { checkKioskConfig, readKioskConfig } from '../engine/config/read-kiosk-config.ts'
import { systemConfigFile } from '../engine/config/kiosk-paths.ts'

/** The options of the portal in the app. */
export interface PortalOptions {
  /** The hub's own origin, without a slash at the end; https unless it is this same machine. */
  origin: string
  /** Whether a private authority is configured, which kiosks trust and Chromium does not read. */
  hasCaFile: boolean
}

/** The options of the portal's command line, as `parseArgs` of `node:util` takes them. */
export const PORTAL_OPTIONS = {
  portal: { type: 'boolean' },
  hub: { type: 'string' },
  config: { type: 'string' },
} as const

/**
 * Parses `--portal` with `--hub URL`, or with the hub of the configuration file that `--config` names or that kiosks
 * read. Refuses with one plain sentence; a hub on another machine without encryption is refused like a kiosk's. [POR-7]
 */
export function parsePortalArguments(args: string[]): Decision<PortalOptions, string> {
  try {
    const { values } = parseArgs({ args, options: PORTAL_OPTIONS, strict: true, allowPositionals: false })
    return values.hub === undefined ? readHub(values.config ?? systemConfigFile()) : checkHub(values.hub)
  } catch (error) {
    const [sentence] = (error instanceof Error ? error.message : String(error)).split(/\.\s/)
    return refuse(`${sentence ?? ''}. --portal takes --hub URL and --config FILE.`)
  }
}

function checkHub(url: string): Decision<PortalOptions, string> {
  const checked = checkKioskConfig({ name: 'Portal', hub: { url } })
  if (checked.ok) return accept({ origin: originOf(url), hasCaFile: false })
  return refuse(`--hub: ${problemOf(checked.refusal)} Write it like https://carrel.example.edu.`)
}

function readHub(file: string): Decision<PortalOptions, string> {
  const read = readKioskConfig(file)
  if (!read.ok) return refuse(`${problemOf(read.refusal)} Give the hub with --hub URL, or fix ${file}.`)
  const { url } = read.value.config.hub
  return accept({ origin: originOf(url), hasCaFile: read.value.ca !== null })
}

/** Kiosks may write the hub's address as a websocket's. */
function originOf(url: string): string {
  return new URL(url.replace(/^ws/, 'http')).origin
}

function problemOf([first]: ConfigProblem[]): string {
  if (first === undefined) return 'The configuration is not valid.'
  return first.at === 'hub.url' || first.at === '' ? first.problem : `${first.at}: ${first.problem}`
}
