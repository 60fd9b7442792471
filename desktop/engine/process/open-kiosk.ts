import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import { makeSeededRandom } from '#shared/domain/seeded-random.ts'
import type { ConfigProblem } from '#shared/wire/bridge.ts'
import { openEngine } from '../api/engine.ts'
import { type Engine } from '../api/engine-api.ts'
import { makeIdleEngine } from '../api/unavailable-engine.ts'
import { makeJsonLog } from '../log/json-log.ts'
import type { KioskArguments } from '../config/kiosk-arguments.ts'
import { kioskFolder, systemConfigFile } from '../config/kiosk-paths.ts'
import { makeLogFile } from '../log/log-file.ts'
import type { EngineClock, EngineLog } from '../core/ports.ts'
import { makePostEnrolment } from '../sync/post-enrolment.ts'
import { checkKioskConfig, readKioskConfig, type ReadConfig } from '../config/read-kiosk-config.ts'
import { makeWsDial } from '../sync/websocket-connection.ts'

/** What a shell brings. */
export interface KioskSurroundings {
  env: Record<string, string | undefined>
  appVersion: string
  clock: EngineClock
  log: EngineLog
  leaveFullScreen?: () => boolean
}

/** An engine that was opened from a command line and a configuration. */
export interface OpenedKiosk {
  engine: Engine
  /** Null where the configuration is broken: then nothing is kept. */
  folder: string | null
  /** Where whoever shows the kiosk writes too: the log it was given and, where there is a folder, the one in there. */
  log: EngineLog
  /** Port of the agent as configured. */
  port: number | null
}

/**
 * Opens the kiosk that a command line describes, on a real clock and real sockets; not started yet. A broken
 * configuration gives an engine that only says what is wrong, for the screen to show; a command line that cannot be
 * meant is refused with one sentence.
 */
export function openKiosk(args: KioskArguments, around: KioskSurroundings): Decision<OpenedKiosk, string> {
  const file = args.configFile ?? (args.name === null && args.hubUrl === null ? systemConfigFile() : null)
  const read = file === null ? checkArguments(args) : readKioskConfig(file)
  if (!read.ok && file === null) return refuse(sentenceOf(read.refusal))
  if (!read.ok) return accept(broken(file ?? '', read.refusal, around))
  for (const { at, suggestion } of read.value.unknownKeys)
    around.log.warn('an unknown setting was left out', { at, suggestion })
  const merged = checkKioskConfig(mergeArguments(read.value, args))
  if (!merged.ok) return refuse(sentenceOf(merged.refusal))
  const { config } = merged.value
  const folder = args.folder ?? kioskFolder(config.name, around.env)
  const { ca } = read.value
  const log = alsoInFolder(around, folder)
  const engine = openEngine({
    folder,
    config,
    appVersion: around.appVersion,
    clock: around.clock,
    dial: makeWsDial(ca),
    post: makePostEnrolment(ca),
    random: makeSeededRandom(randomBytes(4).readUInt32LE()),
    secret: (byteCount) => randomBytes(byteCount).toString('base64url'),
    log,
    ...(around.leaveFullScreen === undefined ? {} : { leaveFullScreen: around.leaveFullScreen }),
  })
  return accept({ engine, folder, log, port: config.agent?.port ?? null })
}

/**
 * The shell's log, and the same lines in the kiosk's folder: an app without a terminal has no other place for them, and a
 * system's own log forgets.
 */
function alsoInFolder({ log, clock, env }: KioskSurroundings, folder: string): EngineLog {
  const write = makeLogFile(join(folder, 'log', 'kiosk.log'))
  const kept = makeJsonLog(write, clock.wallMs, env['CARREL_LOG'])
  return {
    info: (event, facts) => {
      log.info(event, facts)
      kept.info(event, facts)
    },
    warn: (event, facts) => {
      log.warn(event, facts)
      kept.warn(event, facts)
    },
  }
}

/** The folder of the kiosk that a command line describes, opened or not; refused with one sentence. */
export function findKioskFolder(
  args: KioskArguments,
  env: Record<string, string | undefined>,
): Decision<string, string> {
  if (args.folder !== null) return accept(args.folder)
  if (args.name !== null) return accept(kioskFolder(args.name, env))
  const read = readKioskConfig(args.configFile ?? systemConfigFile())
  return read.ok ? accept(kioskFolder(read.value.config.name, env)) : refuse(sentenceOf(read.refusal))
}

/** A kiosk without a configuration file: its name and its hub stand on the command line. */
function checkArguments({ name, hubUrl }: KioskArguments): Decision<ReadConfig, ConfigProblem[]> {
  const checked = checkKioskConfig({
    ...(name === null ? {} : { name }),
    ...(hubUrl === null ? {} : { hub: { url: hubUrl } }),
  })
  return checked.ok ? accept({ ...checked.value, ca: null }) : checked
}

function mergeArguments({ config }: ReadConfig, { name, hubUrl }: KioskArguments): unknown {
  return { ...config, name: name ?? config.name, hub: { ...config.hub, url: hubUrl ?? config.hub.url } }
}

function broken(file: string, problems: ConfigProblem[], { log, clock }: KioskSurroundings): OpenedKiosk {
  log.warn('the configuration cannot be used', { file, problems })
  return {
    engine: makeIdleEngine({ state: 'configError', file, problems }, clock),
    folder: null,
    log,
    port: null,
  }
}

const FLAGS: Record<string, string> = { name: '--name', hub: '--hub', 'hub.url': '--hub' }

function sentenceOf(problems: ConfigProblem[]): string {
  const [first] = problems
  if (first === undefined) return 'The command line cannot be used.'
  const flag = FLAGS[first.at] ?? first.at
  return `${flag}: ${first.problem} ${first.advice}`
}
