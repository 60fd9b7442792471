import { randomBytes } from 'node:crypto'
import { resolve } from 'node:path'
import { makeSeededRandom } from '#shared/domain/seeded-random.ts'
import { readTextFile } from '../../admin/text-file.ts'
import { parseConfig } from '../../config.ts'
import { readHubFile } from '../../hub-file.ts'
import { openPool, type Database } from '../../platform/postgres/database.ts'
import { startScratchDatabase } from '../../platform/postgres/testing.ts'
import { CleanupStack } from '../cleanup-stack.ts'
import { HubHost } from '../hub-host.ts'
import { openConnectionProxy } from '../connection-proxy.ts'
import { runInTemporaryFolders } from '../run-in-temporary-folders.ts'
import { Chaos } from './chaos.ts'
import { readCounts, readRooms, type CountLine, type RoomLine, type Unparsed } from './counts-file.ts'
import { levelChanges } from './expected-state.ts'
import { KioskHosts } from './kiosk-hosts.ts'
import { makeCodes, makeLibrary } from './library.ts'
import { parseReplayOptions, REPLAY_HELP, type ReplayOptions } from './options.ts'
import { linesUntil } from './pacing.ts'
import { ENTRANCE, Replay, roomKiosk } from './replay.ts'

/** How many unparsed places are named; all are counted. */
const MOST_NAMED = 100
const HOST_COUNT = 4

interface Input {
  rooms: RoomLine[]
  counts: CountLine[]
}

const say = (line: string): void => void process.stdout.write(`${line}\n`)

async function main(): Promise<number> {
  const options = parseReplayOptions(process.argv.slice(2))
  if (options === 'help') {
    process.stdout.write(REPLAY_HELP)
    return 0
  }
  if ('wrong' in options) {
    process.stderr.write(`${options.wrong} --help shows all options.\n`)
    return 2
  }
  const input = await readInput(options)
  if (input === null) return 2
  const cleanups = new CleanupStack()
  try {
    return await replay(options, input, cleanups)
  } finally {
    await cleanups.all()
  }
}

async function readInput(options: ReplayOptions): Promise<Input | null> {
  const read = async (file: string): Promise<string | null> => {
    const text = await readTextFile(resolve(process.env['INIT_CWD'] ?? process.cwd(), file))
    if (text.ok) return text.value
    process.stderr.write(`${text.refusal.sentence}\n`)
    return null
  }
  const [roomsText, countsText] = [await read(options.roomsFile), await read(options.countsFile)]
  if (roomsText === null || countsText === null) return null
  const { rooms, unparsed } = readRooms(roomsText)
  const readCounted = readCounts(countsText, rooms)
  printFound(
    [...unparsed, ...readCounted.unparsed],
    [
      'line, cell or column does not parse and is left out',
      'lines, cells or columns do not parse and are left out',
    ],
  )
  printFound(readCounted.odd, [
    'count or time may be a mistake and is used as it stands',
    'counts or times may be mistakes and are used as they stand',
  ])
  const counts = options.until === null ? readCounted.counts : linesUntil(readCounted.counts, options.until)
  if (counts === null) {
    process.stderr.write('--until is not a time. --help shows how to write one.\n')
    return null
  }
  if (rooms.length === 0) {
    process.stderr.write(`There is no room in ${options.roomsFile} that can be used.\n`)
    return null
  }
  // A comparison of nothing would agree with everything.
  if (levelChanges(rooms, counts).length === 0) {
    process.stderr.write(
      `${options.countsFile} has no count${options.until === null ? '' : ` until ${options.until}`} of any of these rooms. --help shows how it is written.\n`,
    )
    return null
  }
  return { rooms, counts }
}

function printFound(found: readonly Unparsed[], [one, many]: readonly [string, string]): void {
  say(`${found.length} ${found.length === 1 ? one : many}`)
  for (const { at, why } of found.slice(0, MOST_NAMED)) say(`  ${at}: ${why}`)
  if (found.length > MOST_NAMED) say(`  and ${found.length - MOST_NAMED} more`)
}

/** The database and the hub: its own, or the one that runs already. */
async function findHub(
  options: ReplayOptions,
  cleanups: CleanupStack,
): Promise<{ database: Database; hub: HubHost | null; port: number; url: string } | null> {
  if (options.hubUrl === null) {
    const scratch = await startScratchDatabase()
    cleanups.add('scratch database', scratch.stop)
    const hub = new HubHost(scratch.url)
    cleanups.add('hub', () => hub.remove())
    await hub.start()
    return { database: scratch.pool, hub, port: hub.port, url: hub.url }
  }
  const config = parseConfig(process.env)
  const databaseUrl = config.ok
    ? (config.value.databaseUrl ?? readHubFile(config.value.home)?.databaseUrl)
    : undefined
  if (databaseUrl === undefined) {
    process.stderr.write(
      'Cannot find the database of that hub. Set DATABASE_URL, or CARREL_HOME to its folder.\n',
    )
    return null
  }
  const database = openPool(databaseUrl)
  cleanups.add('database', () => database.end())
  const url = new URL(options.hubUrl)
  return { database, hub: null, port: Number(url.port || 80), url: options.hubUrl }
}

async function replay(options: ReplayOptions, input: Input, cleanups: CleanupStack): Promise<number> {
  const found = await findHub(options, cleanups)
  if (found === null) return 2
  const { database, hub } = found
  const { rooms, counts } = input
  const name = `replay-${randomBytes(4).toString('hex')}`
  const library = await makeLibrary(database, rooms, name, randomBytes(12).toString('base64url'))
  const codes = await makeCodes(database, library)
  // Connections go through a relay on this machine, which chaos can cut; a hub elsewhere is dialled as it is.
  const isNear =
    ['127.0.0.1', 'localhost'].includes(new URL(found.url).hostname) && found.url.startsWith('http:')
  const proxy = await openConnectionProxy(() => hub?.port ?? found.port)
  cleanups.add('relay', () => proxy.close())
  const hosts = new KioskHosts(() => (isNear ? `http://127.0.0.1:${proxy.port}` : found.url), HOST_COUNT)
  cleanups.add('kiosks', () => hosts.stop())
  for (const [room, code] of codes.rooms.entries()) await hosts.enrol(roomKiosk(room), code)
  await hosts.enrol(ENTRANCE, codes.entrance)
  const changes = levelChanges(rooms, counts)
  say(
    `${rooms.length} rooms, ${counts.length} lines, ${changes.length} changes of level; ${rooms.length + 1} kiosks are enrolled`,
  )
  const chaos = options.chaosSeed === null ? null : new Chaos(options.chaosSeed, { proxy, hosts, hub })
  const run = new Replay({ rooms, counts, changes, library, database, hosts, chaos, say })
  const outcome = await run.play(options.speed, makeSeededRandom(options.seed))
  for (const fault of outcome.faults.slice(0, 40)) say(`  ${fault}`)
  if (outcome.faults.length > 0 && hub !== null) process.stderr.write(`${hub.printed}\n${hosts.printed()}\n`)
  if (chaos !== null)
    say(
      `chaos: ${Object.entries(chaos.counts)
        .map(([what, count]) => `${what} ${count}`)
        .join(', ')}`,
    )
  say(outcome.summary)
  return outcome.faults.length === 0 ? 0 : 1
}

await runInTemporaryFolders(main)
