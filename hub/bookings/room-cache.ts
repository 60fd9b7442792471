import type { Database } from '../platform/postgres/database.ts'
import { loadFactsClock } from '../platform/postgres/university-facts.ts'
import { loadShownRooms, type ShownRoom } from './room-rows.ts'
import { loadUniversityRooms, type Rooms } from './rooms.ts'

/** The rooms of a university, with what their spaces say of them. */
export interface KnownRooms {
  rooms: Rooms
  shown: readonly ShownRoom[]
}

/** Rooms of universities for calls that only read. */
export interface RoomCache {
  /** Read anew after a commit that changed facts. */
  load(universityId: number): Promise<KnownRooms>
}

/** Makes one for a hub. Universities without rooms are few bytes; there are not many of any. */
export function makeRoomCache(pool: Database): RoomCache {
  const known = new Map<number, { at: string; read: Promise<KnownRooms> }>()
  const read = async (universityId: number): Promise<KnownRooms> => {
    const [rooms, shown] = await Promise.all([
      loadUniversityRooms(pool, universityId),
      loadShownRooms(pool, universityId),
    ])
    return { rooms, shown }
  }
  return {
    load: async (universityId) => {
      const at = await loadFactsClock(pool, universityId)
      const found = known.get(universityId)
      if (found?.at === at) return found.read
      const made = { at, read: read(universityId) }
      known.set(universityId, made)
      // What failed is tried again by the next call.
      made.read.catch(() => {
        if (known.get(universityId) === made) known.delete(universityId)
      })
      return made.read
    },
  }
}
