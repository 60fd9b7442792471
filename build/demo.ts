import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import type { KioskRole } from '#shared/domain/kiosk.ts'
import { DEMO_CAMPUS, type PlannedSpace } from '#shared/fixtures/campus.ts'
import { spacesByPath, type ExistingSpace } from '#shared/domain/space-tree-diff.ts'
import type { HubConfig } from '../hub/config.ts'
import { query, type Database } from '../hub/platform/postgres/database.ts'
import { loadSpaces } from '../hub/spaces/space-rows.ts'
import { visitDemoCampus } from './demo-visitor.ts'
import { ROOT, StartupError } from './launcher.mjs'

/** A kiosk of the demo, ready to be started. */
export interface DemoKiosk {
  role: KioskRole
  name: string
  folder: string
  /** A fresh enrolment code; null when the kiosk is enrolled already. */
  code: string | null
}

/** What the demo needs of a running hub. */
export interface DemoParts {
  pool: Database
  /** Folder of the kiosks' own folders. */
  kioskFolder: string
  /** For `admin`, so that it finds this very hub. */
  env: NodeJS.ProcessEnv
  progress: (line: string) => void
}

interface Places {
  domain: string
  paths: Record<KioskRole, string>
}

const VISITOR_NAME = 'Demo visitor'
/** Of those who come for as long as the demo runs. */
const VISITORS_NAME = 'Demo visitors'
const NAMES: Record<KioskRole, string> = { entrance: 'Demo entrance', door: 'Demo door' }

/** Loads the demo campus, and what people say of it, into a database that holds no university. Gives whether it did; never in production. */
export async function loadDemoCampus(parts: DemoParts, hubUrl: string): Promise<boolean> {
  if (process.env['NODE_ENV'] === 'production')
    throw new StartupError('The demo campus is not available in production.')
  const present = await query(parts.pool, 'select 1 from universities limit 1')
  if (present.length > 0) return false
  parts.progress('loading the demo campus…')
  const { name, domain, timezone } = DEMO_CAMPUS
  const folder = mkdtempSync(path.join(tmpdir(), 'carrel-demo-'))
  try {
    const file = path.join(folder, 'campus.json')
    writeFileSync(file, JSON.stringify(DEMO_CAMPUS.spaces.map(nodeOf)[0]))
    await admin(parts, 'university', 'add', '--name', name, '--domain', domain, '--timezone', timezone)
    await admin(parts, 'spaces', 'import', '--university', domain, file)
    await sendVisitor(parts, hubUrl)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  return true
}

/** Somebody walks through the campus and reports; afterwards the visitor is a kiosk no more. */
async function sendVisitor(parts: DemoParts, hubUrl: string): Promise<void> {
  await visitDemoCampus(hubUrl, VISITOR_NAME, await makeCode(parts, DEMO_CAMPUS.domain, '/', 'entrance'))
  await admin(parts, 'kiosk', 'revoke', VISITOR_NAME, '--yes')
}

/** A planned space as a tree file has it. */
function nodeOf({ weekly, closures, children, ...facts }: PlannedSpace): object {
  const hours = weekly === undefined && closures === undefined ? {} : { hours: { weekly, closures } }
  return { ...facts, ...hours, ...(children === undefined ? {} : { children: children.map(nodeOf) }) }
}

/** One entrance kiosk and one door kiosk with their folders, and codes for those that are not enrolled yet. */
export async function prepareDemoKiosks(parts: DemoParts): Promise<DemoKiosk[]> {
  const places = await findPlaces(parts.pool)
  if (places === null) return []
  return Promise.all((['entrance', 'door'] as const).map((role) => prepareKiosk(parts, places, role)))
}

async function prepareKiosk(parts: DemoParts, places: Places, role: KioskRole): Promise<DemoKiosk> {
  const { domain, paths } = places
  return prepareFolder(parts, { role, name: NAMES[role], folder: role, domain, space: paths[role] })
}

/** The kiosk of the demo's visitors, at the root of the demo campus; null where another university is shown. [IMP-9] */
export async function prepareVisitors(parts: DemoParts): Promise<DemoKiosk | null> {
  const { domain } = DEMO_CAMPUS
  if ((await findPlaces(parts.pool))?.domain !== domain) return null
  return prepareFolder(parts, {
    role: 'entrance',
    name: VISITORS_NAME,
    folder: 'visitors',
    domain,
    space: '/',
  })
}

async function prepareFolder(
  parts: DemoParts,
  plan: { role: KioskRole; name: string; folder: string; domain: string; space: string },
): Promise<DemoKiosk> {
  const { role, name, domain, space } = plan
  const folder = path.join(parts.kioskFolder, plan.folder)
  if (existsSync(folder) && (await isEnrolled(parts.pool, name, role)))
    return { role, name, folder, code: null }
  if (existsSync(folder)) {
    // It belonged to another database. What it still holds is kept, out of the way.
    renameSync(folder, `${folder}.${Date.now()}`)
    parts.progress(`the folder of the ${name} belonged to another hub and was moved aside`)
  }
  return { role, name, folder, code: await makeCode(parts, domain, space, role) }
}

async function makeCode(parts: DemoParts, domain: string, space: string, role: KioskRole): Promise<string> {
  const assignment = ['--university', domain, '--space', space, '--role', role]
  const { code } = (await admin(parts, 'kiosk', 'code', ...assignment)) as { code?: unknown }
  if (typeof code !== 'string') throw new StartupError(`No enrolment code could be created for ${space}.`)
  return code
}

/** Waits until the hub knows every kiosk. Throws StartupError when that takes too long. */
export async function waitUntilEnrolled(
  pool: Database,
  kiosks: readonly DemoKiosk[],
  timeoutMs: number,
): Promise<void> {
  const deadline = performance.now() + timeoutMs
  for (const { name, role } of kiosks)
    while (!(await isEnrolled(pool, name, role))) {
      if (performance.now() > deadline)
        throw new StartupError(`The ${role} kiosk could not enrol at the hub.`)
      await new Promise((resolve) => setTimeout(resolve, 30))
    }
}

async function isEnrolled(pool: Database, name: string, role: KioskRole): Promise<boolean> {
  const sql = 'select 1 from kiosks where name = $1 and role = $2 and revoked_at is null limit 1'
  return (await query(pool, sql, [name, role])).length > 0
}

/** The demo campus's own places; in a database with other universities the first one's first root and first leaf that are public. */
async function findPlaces(pool: Database): Promise<Places | null> {
  const universities = await query<{ id: number; domain: string }>(
    pool,
    "select id, email_domains[1] as domain from universities where email_domains <> '{}' order by id",
  )
  const demo = universities.find(({ domain }) => domain === DEMO_CAMPUS.domain)
  if (demo !== undefined) {
    // Paths begin below the university's own space.
    const [entrance, door] = [DEMO_CAMPUS.entrancePath, DEMO_CAMPUS.doorPath].map((names) =>
      names.slice(1).join('/'),
    )
    return { domain: demo.domain, paths: { entrance: entrance ?? '', door: door ?? '' } }
  }
  for (const { id, domain } of universities) {
    const paths = findKioskPaths(await loadSpaces(pool, id))
    if (paths !== null) return { domain, paths }
  }
  return null
}

/** Paths of the first public place and of the first that holds no other; null where there is none. [TRE-13] */
export function findKioskPaths(existing: readonly ExistingSpace[]): Record<KioskRole, string> | null {
  const spaces = existing.filter(({ onKiosks }) => onKiosks)
  const holding = new Set(spaces.map(({ parentId }) => parentId))
  const places = [...spacesByPath(spaces)].filter(([place]) => place !== '')
  const [first] = places
  const leaf = places.find(([, { id }]) => !holding.has(id))
  return first === undefined || leaf === undefined ? null : { entrance: first[0], door: leaf[0] }
}

/** Runs `admin … --json` and gives the document that it printed. */
function admin(parts: DemoParts, ...args: string[]): Promise<unknown> {
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [path.join(ROOT, 'hub/cli.ts'), ...args, '--json'],
      { env: parts.env, cwd: ROOT },
      (error, stdout, stderr) => {
        if (error === null) resolve(JSON.parse(stdout))
        else reject(new StartupError(`${args.slice(0, 2).join(' ')} failed: ${(stderr || stdout).trim()}`))
      },
    )
  })
}

/** Kiosks belong to one database: one that is named by DATABASE_URL has a folder of its own. */
export function kioskFolderOf({ home, databaseUrl }: Pick<HubConfig, 'home' | 'databaseUrl'>): string {
  if (databaseUrl === null) return path.join(home, 'kiosks')
  return path.join(home, `kiosks-${createHash('sha256').update(databaseUrl).digest('hex').slice(0, 12)}`)
}
