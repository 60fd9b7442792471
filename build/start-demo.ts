import process from 'node:process'
import { readHubFile } from '../hub/hub-file.ts'
import { openPool, type Database } from '../hub/platform/postgres/database.ts'
import { startProgram, type ChildProgram, type ProgramOptions } from './child-programs.ts'
import { hasDemoPeople, makeDemoPeople } from './demo-people.ts'
import { startVisitors } from './demo-visitors.ts'
import {
  kioskFolderOf,
  loadDemoCampus,
  prepareDemoKiosks,
  prepareVisitors,
  waitUntilEnrolled,
  type DemoKiosk,
  type DemoParts,
} from './demo.ts'
import { say, StartupError } from './launcher.mjs'
import { prepareElectron, type Electron } from './find-electron.ts'
import { showKiosk } from './show-kiosk.ts'
import { addProgram, removeProgram, type Started } from './started.ts'

/** Kiosks answer their codes within a second; a machine under load takes longer. */
const ENROL_TIMEOUT_MS = 30_000

/**
 * Loads the demo campus where the database is empty, shows who can sign in, and starts an entrance and a door kiosk with the
 * demo's visitors. In production nothing of it. Throws StartupError.
 */
export async function startDemo(started: Started, hubUrl: string): Promise<void> {
  if (started.config.isProduction) {
    say(
      'production: no demo campus and no demo kiosks; "npm run admin -- --help" shows how to create real ones',
    )
    return
  }
  const databaseUrl = started.config.databaseUrl ?? readHubFile(started.config.home)?.databaseUrl
  if (databaseUrl === undefined) throw new StartupError('The hub did not say where its database is.')
  const pool = openPool(databaseUrl, { maxConnections: 2 })
  const parts: DemoParts = {
    pool,
    kioskFolder: kioskFolderOf(started.config),
    env: started.env,
    progress: say,
  }
  try {
    await loadDemoCampus(parts, hubUrl)
    process.stdout.write(`portal ${hubUrl}/\n`)
    await showPeople(started, pool)
    const kiosks = await prepareDemoKiosks(parts)
    const electron = await prepareElectron()
    await Promise.all([
      ...kiosks.map((kiosk) => startKiosk(started, kiosk, hubUrl, electron)),
      startDemoVisitors(started, parts, hubUrl),
    ])
    await waitUntilEnrolled(pool, kiosks, ENROL_TIMEOUT_MS)
  } finally {
    await pool.end()
  }
}

/** Passwords are shown this once, since only their hashes are kept; later, how to have new ones. [IMP-8] [IMP-10] */
async function showPeople({ config }: Started, pool: Database): Promise<void> {
  const people = await makeDemoPeople(pool)
  for (const { email, password } of people) process.stdout.write(`sign in as ${email} with ${password}\n`)
  if (people.length > 0 || !(await hasDemoPeople(pool))) return
  const home = process.env['CARREL_HOME'] === undefined ? '' : `CARREL_HOME=${config.home} `
  say(`forgot the demo passwords? "${home}npm run admin -- demo passwords" creates new ones`)
}

/** A demo goes on without visitors; it only greys after a while. [IMP-9] */
async function startDemoVisitors(started: Started, parts: DemoParts, hubUrl: string): Promise<void> {
  try {
    const kiosk = await prepareVisitors(parts)
    if (kiosk === null) return
    const end = await startVisitors(hubUrl, kiosk)
    if (started.isStopping) end()
    else started.endVisitors = end
  } catch (error) {
    say(`the demo has no visitors: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** In a window of Electron where it can show one here, else in a browser through the agent. */
async function startKiosk(
  started: Started,
  kiosk: DemoKiosk,
  hubUrl: string,
  electron: Electron | null,
): Promise<void> {
  const { role, name, folder, code } = kiosk
  say(`starting the ${role} kiosk…`)
  const args = ['--name', name, '--hub', hubUrl, '--folder', folder]
  const run = (options: ProgramOptions): ChildProgram => {
    const child = addProgram(started, startProgram(options))
    // It is enrolled by then, and needs no code.
    started.startAgain.set(child, () => startKiosk(started, { ...kiosk, code: null }, hubUrl, electron))
    return child
  }
  const common = { name: `${role} kiosk`, env: started.env }
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
              env: { ...started.env, ...(code === null ? {} : { CARREL_ENROL_CODE: code }) },
            }),
    startForBrowser: () =>
      run({
        ...common,
        file: 'desktop/agent/kiosk.ts',
        args: [...args, '--port', String(started.ports[role])],
        input: code ?? '',
      }),
    remove: (child) => removeProgram(started, child),
    say,
  })
  process.stdout.write(`${role} ${line}\n`)
}
