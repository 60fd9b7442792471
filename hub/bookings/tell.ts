import type { NewNotice, NoticeRecipients } from '#shared/domain/notice.ts'
import type { Effects } from '../platform/writer/effects.ts'
import type { LoadedFacts } from '../platform/writer/fact-set.ts'
import { treeFacts } from '../spaces/tree.ts'
import type { StoredBooking } from './booking-rows.ts'
import { bookingFacts } from './bookings.ts'
import { roomFacts, type Room } from './rooms.ts'

// What people are told of bookings, in the commit that it is about. [NTF-1]

type Told = Extract<NewNotice, { kind: 'approved' }>['facts']

/** What a notice says of a booking; the number of one that is made now is known once it is written. */
function factsOf(booking: StoredBooking, room: Room, facts: LoadedFacts): Told {
  const told = {
    registrationId: booking.id,
    spaceId: room.spaceId,
    room: facts.of(treeFacts).get(room.spaceId)?.name ?? '',
    startMs: booking.startMs,
    endMs: booking.endMs,
  }
  facts.of(bookingFacts).whenWritten(booking, (id) => {
    told.registrationId = id
  })
  return told
}

/** Tells those who decide that a request waits: the super group, and the groups named for the room. [BOK-7] */
export function tellApprovers(
  booking: StoredBooking,
  { room, groupName, madeById }: { room: Room; groupName: string | null; madeById: number },
  facts: LoadedFacts,
  effects: Effects,
): void {
  const { superGroupId } = facts.of(roomFacts)
  const groupIds = [...room.approverIds, ...(superGroupId === null ? [] : [superGroupId])]
  // The notice's own fact is the same object that learns the booking's number.
  const told = Object.assign(factsOf(booking, room, facts), { groupName })
  effects.notices.push({ kind: 'requestToApprove', facts: told, to: { groupIds }, madeById })
}

/** Tells whoever made a booking what somebody else did with it; where nobody who is still there did, its group. [BOK-15] */
export function tellBooker(
  kind: 'approved' | 'rejected',
  booking: StoredBooking,
  { room, reason, madeById }: { room: Room; reason: string | null; madeById: number },
  facts: LoadedFacts,
  effects: Effects,
): void {
  const to = recipientsOf(booking)
  if (to !== null)
    effects.notices.push({ kind, facts: factsOf(booking, room, facts), to, text: reason, madeById })
}

/** Tells the same that it is elsewhere or at another time now. [BOK-15] */
export function tellMoved(
  booking: StoredBooking,
  before: StoredBooking,
  { room, roomBefore, madeById }: { room: Room; roomBefore: Room; madeById: number },
  facts: LoadedFacts,
  effects: Effects,
): void {
  const to = recipientsOf(before)
  if (to === null) return
  const was = {
    roomBefore: facts.of(treeFacts).get(roomBefore.spaceId)?.name ?? '',
    startBeforeMs: before.startMs,
    endBeforeMs: before.endMs,
  }
  const told = Object.assign(factsOf(booking, room, facts), was)
  effects.notices.push({ kind: 'moved', facts: told, to, madeById })
}

function recipientsOf({ userId, groupId }: StoredBooking): NoticeRecipients | null {
  if (userId !== null) return { userIds: [userId] }
  return groupId === null ? null : { groupIds: [groupId] }
}
