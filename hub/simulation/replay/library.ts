import { createEnrolment } from '../../kiosks/enrol-kiosk.ts'
import type { Database } from '../../platform/postgres/database.ts'
import { makeUniversity, type CampusSpace } from '../campus.ts'
import { pathKey, type RoomLine } from './counts-file.ts'

/** The library of a rooms file as it is in a database. */
export interface Library {
  universityId: number
  /** Key of the path of every space. */
  pathOf: Map<number, string>
  /** Space of each room of the file, in its order. */
  roomIds: number[]
  /** The first root: where the entrance kiosk is. */
  entranceId: number
}

const WEEK_MS = 604_800_000

/** Makes a university of its own with library, floor and room as a tree. Reports neither age nor are they too fast. */
export async function makeLibrary(
  database: Database,
  rooms: readonly RoomLine[],
  name: string,
  epoch: string,
): Promise<Library> {
  const spaces: CampusSpace[] = []
  const indexOf = new Map<string, number>()
  const roomIndexes = rooms.map((room) => addPath(spaces, indexOf, room))
  const settings = { staleMs: WEEK_MS, kioskReportsPerSecond: 1_000_000 }
  const { universityId, spaceIds } = await makeUniversity(database, { name, epoch, settings }, spaces)
  const pathOf = new Map<number, string>()
  for (const [path, index] of indexOf) pathOf.set(spaceIds[index] ?? 0, path)
  return {
    universityId,
    pathOf,
    roomIds: roomIndexes.map((index) => spaceIds[index] ?? 0),
    entranceId: spaceIds[0] ?? 0,
  }
}

function addPath(spaces: CampusSpace[], indexOf: Map<string, number>, room: RoomLine): number {
  let parent: number | null = null
  room.path.forEach((name, depth) => {
    const path = pathKey(room.path.slice(0, depth + 1))
    let index = indexOf.get(path)
    if (index === undefined) {
      index = spaces.length
      indexOf.set(path, index)
      spaces.push({ name, parent, capacity: depth === room.path.length - 1 ? room.seats : null })
    }
    parent = index
  })
  return parent ?? 0
}

/** One-time codes for a door kiosk in each room and for an entrance kiosk. */
export async function makeCodes(
  database: Database,
  library: Library,
): Promise<{ rooms: string[]; entrance: string }> {
  const codeFor = async (spaceId: number, role: 'door' | 'entrance'): Promise<string> => {
    const { code } = await createEnrolment(database, {
      universityId: library.universityId,
      spaceId,
      role,
      minutes: 60,
      actor: 'replay',
    })
    return code
  }
  const rooms: string[] = []
  for (const roomId of library.roomIds) rooms.push(await codeFor(roomId, 'door'))
  return { rooms, entrance: await codeFor(library.entranceId, 'entrance') }
}
