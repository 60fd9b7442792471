import { may, type Actor } from '#shared/domain/access.ts'
import type { BookingRules, CheckInPolicy, Trust } from '#shared/domain/booking.ts'
import { accept, refuse } from '#shared/domain/decision.ts'
import { loadLiveSession } from '../accounts/actors.ts'
import type { HttpRefusal } from '../platform/http/handle.ts'
import { byUser } from '../platform/postgres/append-change.ts'
import type { AloneCommand } from '../platform/writer/alone-command.ts'
import type { CallingSession } from '../platform/writer/batch.ts'
import { loadRoomSpace, replaceRoomGroups, saveRoom, saveRules, type RoomSpaceRow } from './room-rows.ts'

/** How a space can be booked. What is absent stays as it is. */
export interface RoomSettings {
  spaceId: number
  isValid: boolean
  requirePermission: boolean
  checkIn: CheckInPolicy
  rules?: BookingRules | undefined
  trust?: readonly { groupId: number | null; trust: Trust }[] | undefined
  approverIds?: readonly number[] | undefined
}

/** Makes a leaf of the tree a room that can be booked, or changes how; gives the room's id. [BOK-10] [BOK-12] */
export const setRoomCommand: AloneCommand<
  { by: CallingSession; settings: RoomSettings },
  { actor: Actor | null; space: RoomSpaceRow | null },
  RoomSpaceRow,
  number,
  HttpRefusal
> = {
  name: 'set how a room is booked',
  actor: 'person',
  actorId: ({ by }) => by.userId,
  load: async (client, { universityId }, { by, settings }) => ({
    actor: (await loadLiveSession(client, by.sessionId, by.userId))?.actor ?? null,
    space: await loadRoomSpace(client, universityId, settings, [...groupsOf(settings)]),
  }),
  decide: ({ settings }, { actor, space }, { universityId }) => {
    if (actor === null) return refuse({ why: 'signInNeeded' })
    if (space === null) return refuse({ why: 'notFound' })
    if (!may(actor, 'manageRooms', { universityId })) return refuse({ why: 'notAllowed', rule: 'BOK-15' })
    if (space.isDeleted) return refuse({ why: 'spaceDeleted' })
    if (space.childCount > 0) return refuse({ why: 'composite' })
    if (space.knownGroupCount < groupsOf(settings).size) return refuse({ why: 'valueRefused', at: '/trust' })
    const twice = fieldWithTwins(settings)
    if (twice !== null) return refuse({ why: 'valueRefused', at: twice })
    const fault = faultOfRules(settings.rules ?? {})
    return fault === null ? accept(space) : refuse({ why: 'valueRefused', at: `/rules/${fault}` })
  },
  write: async (client, { universityId, clock }, space, effects, { by, settings }) => {
    effects.step()
    const { rules, trust, approverIds } = settings
    const id = await saveRoom(client, { universityId, clock }, settings)
    if (rules !== undefined) await saveRules(client, universityId, settings.spaceId, rules)
    await replaceRoomGroups(client, id, { trust, approverIds })
    effects.log.push({
      ...byUser(by.userId, by.address),
      universityId,
      service: 'bookings',
      subject: 'room',
      log: { classroomId: id, spaceId: settings.spaceId, name: space.name, after: settings },
    })
    return id
  },
}

/** Groups that settings name. */
function groupsOf({ trust = [], approverIds = [] }: RoomSettings): Set<number> {
  return new Set([...trust.flatMap(({ groupId }) => groupId ?? []), ...approverIds])
}

/** The list in which something is said twice, perhaps in two ways; null: none. */
function fieldWithTwins({ trust = [], approverIds = [] }: RoomSettings): string | null {
  if (new Set(trust.map(({ groupId }) => groupId)).size < trust.length) return '/trust'
  return new Set(approverIds).size < approverIds.length ? '/approverIds' : null
}

/** The field of rules that cannot hold; null: none. */
function faultOfRules({ shortestMinutes, longestMinutes, terms = [] }: BookingRules): string | null {
  if (shortestMinutes !== undefined && longestMinutes !== undefined && shortestMinutes > longestMinutes)
    return 'shortestMinutes'
  return terms.every(({ from, to }) => isDate(from) && isDate(to) && from <= to) ? null : 'terms'
}

function isDate(text: string): boolean {
  const at = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text)
}
