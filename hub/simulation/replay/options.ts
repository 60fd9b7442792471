import { parseArgs } from 'node:util'
import { optionFault, wordTooMany } from '#shared/domain/option-fault.ts'

/** The options of a replay. */
export interface ReplayOptions {
  countsFile: string
  roomsFile: string
  hubUrl: string | null
  speed: number | 'max'
  chaosSeed: number | null
  until: string | null
  seed: number
}

/** What `npm run replay -- --help` prints. */
export const REPLAY_HELP = `npm run replay -- FILE --rooms FILE [options] - real counts through the whole path

FILE has ts_unix, a local time, and one column of taken seats per room; the rooms file has
library, floor, room_zh, room_en, seats. Each room gets a virtual kiosk (the real engine over real sockets), which
reports each change of level: below 50 % of the seats free, below 85 % busy, else full. At 50 moments and at the end
every room and parent is compared in the database, in each kiosk's cache and on each kiosk's screen, with what the
files alone say. Lines and cells that do not parse are counted, named, and left out.

  --rooms FILE    the rooms
  --hub URL       an already running hub; its database is found through DATABASE_URL, or through the hub that runs on
                  CARREL_HOME. The library becomes a university of its own in it. Without --hub: a hub of its own
                  on an empty scratch database
  --speed N|max   N times as fast as the file, quiet nights skipped; max (the default) as fast as the kiosks take it
  --chaos SEED    during the replay connections are cut, kiosks killed and, with its own hub, the hub killed and restarted
  --until TIME    stops at this time of the file: 2016-10-14T12:00:00+08:00, "2016-10-14 12:00" as the file's second
                  column has it, or seconds since 1970
  --seed N        of the 50 moments (1)

Exit code 0 only if everything agrees; the last line says what was compared.
`

const OPTIONS = {
  rooms: { type: 'string' },
  hub: { type: 'string' },
  speed: { type: 'string', default: 'max' },
  chaos: { type: 'string' },
  until: { type: 'string' },
  seed: { type: 'string', default: '1' },
  help: { type: 'boolean', short: 'h', default: false },
} as const

/** Reads the command line. `wrong`: what is wrong with it, in a sentence. */
export function parseReplayOptions(args: readonly string[]): ReplayOptions | 'help' | { wrong: string } {
  let parsed
  try {
    parsed = parseArgs({ args: [...args], allowPositionals: true, options: OPTIONS })
  } catch (error) {
    return { wrong: optionFault(error, Object.keys(OPTIONS)) }
  }
  const { values, positionals } = parsed
  if (values.help) return 'help'
  const [countsFile, ...rest] = positionals
  if (countsFile === undefined) return { wrong: 'FILE is missing. Add it.' }
  if (rest[0] !== undefined) return { wrong: wordTooMany(rest[0]) }
  if (values.rooms === undefined) return { wrong: '--rooms is missing. Add it.' }
  const speed = values.speed === 'max' ? 'max' : Number(values.speed)
  if (speed !== 'max' && !(speed > 0)) return { wrong: '--speed must be a number above 0, or max.' }
  const chaosSeed = values.chaos === undefined ? null : Number(values.chaos)
  const seed = Number(values.seed)
  for (const number of [chaosSeed, seed])
    if (number !== null && !Number.isSafeInteger(number))
      return { wrong: '--seed and --chaos must be whole numbers.' }
  if (values.hub !== undefined && !/^https?:\/\/[^/]+/.test(values.hub))
    return { wrong: '--hub must be an address such as http://127.0.0.1:4710.' }
  return {
    countsFile,
    roomsFile: values.rooms,
    hubUrl: values.hub ?? null,
    speed,
    chaosSeed,
    until: values.until ?? null,
    seed,
  }
}
