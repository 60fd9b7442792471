import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import type { KioskRole } from '#shared/domain/kiosk.ts'
import { startProgram, type ChildProgram } from '../../build/child-programs.ts'
import { runAdmin } from '../../hub/admin/run-admin.ts'
import { createEnrolment } from '../../hub/kiosks/enrol-kiosk.ts'
import { openConnectionProxy, type ConnectionProxy } from '../../hub/simulation/connection-proxy.ts'
import { query } from '../../hub/platform/postgres/database.ts'
import { makeTestDatabase, type TestDatabase } from '../../hub/platform/postgres/testing.ts'
import { KioskHost } from './kiosk-host.ts'

const DOMAIN = 'browser.example'

/** A library of its own for one test: two floors, two rooms on the first, one on the second. */
export interface Library {
  name: string
  floors: [string, string]
  rooms: [string, string, string]
  /** Ids by name. */
  ids: ReadonlyMap<string, number>
}

/** A hub that really runs, on a database of its own, and a connection to it that can be cut. */
export class World {
  /** What kiosks connect to instead of the hub. */
  readonly proxy: ConnectionProxy
  private readonly database: TestDatabase
  private readonly home: string
  private readonly env: NodeJS.ProcessEnv
  private hub: { child: ChildProgram; port: number }
  private readonly libraries: Library[] = []
  private universityId = 0

  private constructor(parts: {
    database: World['database']
    home: string
    env: NodeJS.ProcessEnv
    hub: World['hub']
    proxy: ConnectionProxy
  }) {
    this.database = parts.database
    this.home = parts.home
    this.env = parts.env
    this.hub = parts.hub
    this.proxy = parts.proxy
  }

  /** Starts everything, and makes the university as its staff would: with `admin`. */
  static async begin(libraryCount: number): Promise<World> {
    const database = await makeTestDatabase('browser')
    const home = mkdtempSync(path.join(tmpdir(), 'carrel-browser-'))
    const env = {
      ...process.env,
      DATABASE_URL: database.url,
      CARREL_HOME: path.join(home, 'hub'),
      CARREL_PORT: '0',
      CARREL_METRICS_PORT: '0',
      CARREL_LOG: 'silent',
    }
    const hub = await startHub(env)
    const proxy = await openConnectionProxy(() => world.hub.port)
    const world = new World({ database, home, env, hub, proxy })
    await world.makeUniversity(libraryCount)
    return world
  }

  async end(): Promise<void> {
    await this.proxy.close()
    await this.hub.child.stop()
    await this.database.drop()
    rmSync(this.home, { recursive: true, force: true })
  }

  /** kill -9: the hub says nothing to anybody. */
  async killHub(): Promise<void> {
    this.hub.child.process.kill('SIGKILL')
    await this.hub.child.ended
  }

  /** Starts it again; kiosks find it behind the same proxy. */
  async restartHub(): Promise<void> {
    this.hub = await startHub(this.env)
  }

  /** A library that no other test has. */
  takeLibrary(): Library {
    const library = this.libraries.pop()
    if (library === undefined) throw new Error('no library is left: raise libraryCount')
    return library
  }

  /** A fresh one-time code for a kiosk at a space. */
  async makeCode(spaceId: number, role: KioskRole): Promise<string> {
    const { universityId } = this
    return (await createEnrolment(this.database.pool, { universityId, spaceId, role })).code
  }

  /** A kiosk in a process of its own, not started yet. */
  makeKiosk(name: string): KioskHost {
    const folder = mkdtempSync(path.join(this.home, 'kiosk-'))
    return new KioskHost(name, `http://127.0.0.1:${this.proxy.port}`, folder)
  }

  /** Levels of all stored reports on a space, oldest first; a withdrawn one is among them. */
  async loadReports(spaceId: number): Promise<number[]> {
    const sql = 'select level from occupancy_reports where space_id = $1 order by id'
    return (await query<{ level: number }>(this.database.pool, sql, [spaceId])).map(({ level }) => level)
  }

  /** Stored level of a space, leaf or not; null: nobody reported. */
  async loadLevel(spaceId: number): Promise<number | null> {
    const sql = 'select level from get_occupancy($1)'
    const [row] = await query<{ level: number | null }>(this.database.pool, sql, [spaceId])
    return row?.level ?? null
  }

  private async makeUniversity(libraryCount: number): Promise<void> {
    const plans = Array.from({ length: libraryCount }, (_, index) => planLibrary(index + 1))
    const file = path.join(this.home, 'tree.json')
    writeFileSync(
      file,
      JSON.stringify({
        name: 'Browser University',
        kind: 'university',
        children: plans.map(({ tree }) => tree),
      }),
    )
    const names = ['--name', 'Browser University', '--domain', DOMAIN, '--timezone', 'Europe/Ljubljana']
    await runStaff(this.env, 'university', 'add', ...names)
    await runStaff(this.env, 'spaces', 'import', '--university', DOMAIN, file)
    const spaces = await query<{ id: number; name: string; universityId: number }>(
      this.database.pool,
      'select id, name, university_id as "universityId" from spaces',
    )
    this.universityId = spaces[0]?.universityId ?? 0
    const ids = new Map(spaces.map(({ id, name }) => [name, id]))
    this.libraries.push(
      ...plans.map(({ name, floors, rooms }) => ({ name, floors, rooms, ids })).toReversed(),
    )
  }
}

/** Starts a hub in a process of its own. */
export async function startHub(env: NodeJS.ProcessEnv): Promise<{ child: ChildProgram; port: number }> {
  const child = startProgram({
    name: 'hub',
    file: 'hub/main.ts',
    args: [],
    env,
    onErrorLine: () => undefined,
  })
  const line = await child.waitForLine('hub ')
  return { child, port: Number(new URL(line.slice('hub '.length)).port) }
}

/** Runs a command of staff in this process: a Node of its own for each would take longer than all the rest of a world. */
export async function runStaff(env: NodeJS.ProcessEnv, ...args: string[]): Promise<void> {
  const run = await runAdmin(args, env)
  if (run.code !== 0) throw new Error(`${args.join(' ')}: ${run.stderr}`)
}

/** The plan of a library of its own for one test. */
export function planLibrary(number: number): Omit<Library, 'ids'> & { tree: object } {
  const name = `Library ${number}`
  const floors: Library['floors'] = [`Floor ${number}-1`, `Floor ${number}-2`]
  const rooms: Library['rooms'] = [`Room ${number}-11`, `Room ${number}-12`, `Room ${number}-21`]
  const room = (of: string): object => ({ name: of, kind: 'room', capacity: 6 })
  const tree = {
    name,
    kind: 'library',
    children: [
      { name: floors[0], kind: 'floor', children: [room(rooms[0]), room(rooms[1])] },
      { name: floors[1], kind: 'floor', children: [room(rooms[2])] },
    ],
  }
  return { name, floors, rooms, tree }
}
