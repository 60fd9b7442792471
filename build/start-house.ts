// Second half of `npm start`, under Node 24: a hub, the demo campus and two kiosks, from one terminal.
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { parseConfig, type HubConfig } from '../hub/config.ts'
import { readHubFile, setupFile } from '../hub/hub-file.ts'
import { openPool, type Database } from '../hub/platform/postgres/database.ts'
import { FolderLockedError, lockFolder } from '../hub/platform/postgres/folder-lock.ts'
import { buildScreens } from './build-screens.ts'
import { clearLeftovers, recordChildren, startChild, type Child, type ChildOptions } from './children.ts'
import { HouseError } from './house-error.ts'
import {
  kioskFolderOf,
  loadDemoCampus,
  prepareDemoKiosks,
  prepareVisitors,
  waitUntilEnrolled,
  type DemoKiosk,
  type DemoParts,
} from './demo.ts'
import { hasDemoPeople, makeDemoPeople } from './demo-people.ts'
import { startVisitors } from './demo-visitors.ts'
import { say } from './house.mjs'
import { findTakenPort, portsFrom, type HousePorts } from './ports.ts'
import { prepareElectron, type Electron } from './prepare-electron.ts'
import { showKiosk } from './show-kiosk.ts'
import { tellMail } from './tell-mail.ts'
import { untilOneFails } from './watch-children.ts'

/** A port may still be held for a moment by what was just ended. */
const PORT_PATIENCE_MS = 3_000

/** Kiosks answer their codes within a second; a machine under load takes longer. */
const ENROL_PATIENCE_MS = 30_000

/** What has been started, in order; stopped the other way round. */
interface House {
  config: HubConfig
  ports: HousePorts
  env: NodeJS.ProcessEnv
  /** The starter's own folder below CARREL_HOME. */
  folder: string
  children: Child[]
  /** How to start a kiosk once more. */
  again: Map<Child, () => Promise<void>>
  /** Ends the demo's visitors, where there are some. */
  endVisitors: () => void
  isStopping: boolean
}

async function main(): Promise<void> {
  const parsed = parseConfig(process.env)
  if (!parsed.ok) throw new HouseError(parsed.refusal.problems.join('\n'))
  const house = makeHouse(parsed.value)
  const unlock = takeFolder(house.folder)
  const asked = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve())
    process.on('disconnect', () => resolve())
    // Listening alone would keep a start alive that is done.
    process.channel?.unref()
  }).then(() => {
    house.isStopping = true
    return 'asked' as const
  })
  try {
    const began = await Promise.race([begin(house), asked])
    if (began !== 'asked') {
      process.stdout.write('ready\n')
      const watching = {
        children: () => house.children,
        forget: (child: Child) => forget(house, child),
        startAgain: (child: Child) => startAgain(house, child),
        say,
      }
      const first = await Promise.race([asked, untilOneFails(watching)])
      if (first !== 'asked')
        throw new HouseError(`The ${first.name} ended unexpectedly; everything is stopped.`)
    }
    say('stopping …')
  } finally {
    await stopAll(house)
    unlock()
  }
}

function makeHouse(config: HubConfig): House {
  const ports = portsFrom(config.port)
  const env = {
    ...process.env,
    CARREL_HOME: config.home,
    CARREL_PORT: String(ports.hub),
    CARREL_METRICS_PORT: process.env['CARREL_METRICS_PORT'] ?? String(ports.metrics),
    CARREL_LOG: process.env['CARREL_LOG'] ?? 'warn',
    // The demo makes this very university, with a campus; in production the hub itself refuses the variable.
    ...(config.isProduction ? {} : { CARREL_DEV_SEED: 'false' }),
  }
  return {
    config,
    ports,
    env,
    folder: path.join(config.home, 'start'),
    children: [],
    again: new Map(),
    endVisitors: () => undefined,
    isStopping: false,
  }
}

function takeFolder(folder: string): () => void {
  try {
    // 0711: as root, the database's own user must be able to pass through to its data.
    mkdirSync(folder, { recursive: true, mode: 0o711 })
    return lockFolder(folder)
  } catch (error) {
    if (error instanceof FolderLockedError) {
      const sentence = `Carrel is already running on ${path.dirname(folder)} (process ${error.pid}): stop it, or set CARREL_HOME to another folder.`
      throw new HouseError(sentence, { cause: error })
    }
    const code = (error as NodeJS.ErrnoException).code ?? String(error)
    const sentence = `The data folder ${path.dirname(folder)} cannot be written (${code}): set CARREL_HOME to a folder of your own.`
    throw new HouseError(sentence, { cause: error })
  }
}

async function begin(house: House): Promise<void> {
  const cleared = await clearLeftovers(house.folder)
  if (cleared > 0)
    say(`ended ${cleared} ${cleared === 1 ? 'process' : 'processes'} that a killed start had left`)
  const taken = await findTakenPort(house.ports, PORT_PATIENCE_MS)
  if (taken !== null)
    throw new HouseError(
      `Port ${taken} is taken by another program: stop it, or set CARREL_PORT to another port.`,
    )
  say('starting the hub …')
  const hub = add(
    house,
    startChild({ name: 'hub', file: 'hub/main.ts', args: [], env: house.env, hear: hearHub(house.config) }),
  )
  const [line] = await Promise.all([hub.says('hub '), prepareScreens()])
  process.stdout.write(`${line}\n`)
  showSetupLink(house.config.home)
  const hubUrl = line.slice('hub '.length)
  await startKiosks(house, hubUrl)
}

/** The hub has no terminal of its own here; who sits at this one may see the link, a log may not. [IDN-13] */
function showSetupLink(home: string): void {
  const file = setupFile(home)
  if (!existsSync(file)) return
  const where = process.stdout.isTTY ? readFileSync(file, 'utf8').trim() : `in ${file}`
  say(
    `nobody administers this Carrel yet; the link that makes the first administrator, within an hour: ${where}`,
  )
}

async function prepareScreens(): Promise<void> {
  const began = performance.now()
  if (await buildScreens()) say(`screens built in ${((performance.now() - began) / 1000).toFixed(1)} s`)
}

async function startKiosks(house: House, hubUrl: string): Promise<void> {
  if (house.config.isProduction) {
    say(
      'production: no demo campus and no demo kiosks; "npm run admin -- --help" shows how to make real ones',
    )
    return
  }
  const databaseUrl = house.config.databaseUrl ?? readHubFile(house.config.home)?.databaseUrl
  if (databaseUrl === undefined) throw new HouseError('The hub did not say where its database is.')
  const pool = openPool(databaseUrl, { maxConnections: 2 })
  const parts: DemoParts = { pool, kioskFolder: kioskFolderOf(house.config), env: house.env, progress: say }
  try {
    await loadDemoCampus(parts, hubUrl)
    process.stdout.write(`portal ${hubUrl}/\n`)
    await showPeople(house, pool)
    const kiosks = await prepareDemoKiosks(parts)
    const electron = await prepareElectron()
    await Promise.all([
      ...kiosks.map((kiosk) => startKiosk(house, kiosk, hubUrl, electron)),
      letVisitorsIn(house, parts, hubUrl),
    ])
    await waitUntilEnrolled(pool, kiosks, ENROL_PATIENCE_MS)
  } finally {
    await pool.end()
  }
}

/** Passwords are shown this once, since only their hashes are kept; later, how to have new ones. [IMP-8] [IMP-10] */
async function showPeople({ config }: House, pool: Database): Promise<void> {
  const people = await makeDemoPeople(pool)
  for (const { email, password } of people) process.stdout.write(`sign in as ${email} with ${password}\n`)
  if (people.length > 0 || !(await hasDemoPeople(pool))) return
  const home = process.env['CARREL_HOME'] === undefined ? '' : `CARREL_HOME=${config.home} `
  say(`passwords of the demo's people forgotten? "${home}npm run admin -- demo passwords" makes new ones`)
}

/** A demo goes on without visitors; it only greys after a while. [IMP-9] */
async function letVisitorsIn(house: House, parts: DemoParts, hubUrl: string): Promise<void> {
  try {
    const kiosk = await prepareVisitors(parts)
    if (kiosk === null) return
    const end = await startVisitors(hubUrl, kiosk)
    if (house.isStopping) end()
    else house.endVisitors = end
  } catch (error) {
    say(`the demo has no visitors: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** What the hub says goes through; instead of where a mail was written, the mail is told, to whoever sits here. [IMP-11] */
function hearHub({ isProduction }: HubConfig): (line: string) => void {
  return (line) => say((isProduction ? null : tellMail(line)) ?? line)
}

/** In a window of Electron where it can show one here, else in a browser through the agent. */
async function startKiosk(
  house: House,
  kiosk: DemoKiosk,
  hubUrl: string,
  electron: Electron | null,
): Promise<void> {
  const { role, name, folder, code } = kiosk
  say(`starting the ${role} kiosk …`)
  const args = ['--name', name, '--hub', hubUrl, '--folder', folder]
  const run = (options: ChildOptions): Child => {
    const child = add(house, startChild(options))
    // Its folder knows its place by then.
    house.again.set(child, () => startKiosk(house, { ...kiosk, code: null }, hubUrl, electron))
    return child
  }
  const common = { name: `${role} kiosk`, env: house.env }
  const line = await showKiosk({
    name: common.name,
    startWindow:
      electron === null
        ? null
        : () =>
            run({
              ...common,
              electron: electron.program,
              file: electron.file,
              args: [...args, '--window'],
              env: { ...house.env, ...(code === null ? {} : { CARREL_ENROL_CODE: code }) },
            }),
    startForBrowser: () =>
      run({
        ...common,
        file: 'desktop/agent/kiosk.ts',
        args: [...args, '--port', String(house.ports[role])],
        input: code ?? '',
      }),
    forget: (child) => forget(house, child),
    say,
  })
  process.stdout.write(`${role} ${line}\n`)
}

/** Starts a kiosk that ended once more, in its folder and at its port. [KSK-20] */
async function startAgain(house: House, child: Child): Promise<boolean> {
  const again = house.again.get(child)
  if (again === undefined || house.isStopping) return false
  forget(house, child)
  await again()
  return true
}

function add(house: House, child: Child): Child {
  house.children.push(child)
  recordChildren(house.folder, house.children)
  if (house.isStopping) void child.stop()
  return child
}

/** A child that was given up: its end is not the house's. */
function forget(house: House, child: Child): void {
  house.children = house.children.filter((one) => one !== child)
  house.again.delete(child)
  recordChildren(house.folder, house.children)
}

/** Kiosks first, so that the hub hears their last words; then the hub, which ends its own database. */
async function stopAll(house: House): Promise<void> {
  house.isStopping = true
  house.endVisitors()
  const [hub, ...kiosks] = house.children
  await Promise.all(kiosks.map((kiosk) => kiosk.stop()))
  await hub?.stop()
  recordChildren(house.folder, [])
}

try {
  await main()
} catch (error) {
  // Sentences for a person have no stack; anything else is a fault of ours and keeps it.
  if (!(error instanceof HouseError)) say(String(error instanceof Error ? (error.stack ?? error) : error))
  else if (!error.isSaid) say(error.message)
  process.exitCode = 1
}
