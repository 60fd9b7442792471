import type { Permission } from './group.ts'

/** Somebody who is signed in, as the rules see them. Read anew for every call. */
export interface Actor {
  userId: number
  /** Null for platform administrators. */
  universityId: number | null
  isPlatformAdmin: boolean
  memberships: readonly { groupId: number; isSuper: boolean; permission: Permission }[]
}

/** What something is done to: its university, and what ties people to it. */
export interface Subject {
  universityId: number
  /** A group. */
  group?: { id: number; isSuper: boolean }
  /** Who made it, of a space or a report; null when nobody, or nobody who is still there, did. */
  createdById?: number | null
}

/** How an actor stands to a subject. Several may hold at once; `outsider` holds alone. */
export type Standing =
  | 'outsider'
  | 'platformAdmin'
  | 'person'
  | 'maker'
  | 'groupMember'
  | 'groupAdmin'
  | 'superMember'
  | 'superAdmin'

/**
 * Who may do what: one row per act, with the standings that may. Whoever is not named may not. Acts on the super group
 * itself are rows of their own. [ACC-1]
 */
export const ACCESS = {
  decideUniversities: ['platformAdmin'],

  seeGroup: ['groupMember', 'groupAdmin', 'superMember', 'superAdmin'],
  createGroup: ['superMember', 'superAdmin'],
  editGroup: ['superMember', 'superAdmin'],
  editSuperGroup: ['superAdmin'],
  deleteGroup: ['superMember', 'superAdmin'],
  deleteSuperGroup: [],
  addMember: ['groupAdmin', 'superMember', 'superAdmin'],
  removeMember: ['groupAdmin', 'superMember', 'superAdmin'],
  changePermission: ['groupAdmin', 'superMember', 'superAdmin'],
  addSuperMember: ['superAdmin'],
  removeSuperMember: ['superAdmin'],
  changeSuperPermission: ['superAdmin'],
  manageBookings: ['groupMember', 'groupAdmin', 'superMember', 'superAdmin'],
  managePersonalBooking: ['maker', 'superMember', 'superAdmin'],
  /** In anybody's name, over quotas, trust and, with a reason, over other bookings. */
  overrideBookings: ['superMember', 'superAdmin'],
  /** The subject's group is one that is named for the room. */
  decideRequests: ['groupMember', 'groupAdmin', 'superMember', 'superAdmin'],
  seeRooms: ['person'],
  manageRooms: ['superMember', 'superAdmin'],

  seeSpaces: ['person'],
  reportOccupancy: ['person'],
  trackSpace: ['person'],
  createSpace: ['person'],
  editSpace: ['maker', 'superMember', 'superAdmin'],
  deleteSpace: ['maker', 'superMember', 'superAdmin'],
  letOnKiosks: ['superMember', 'superAdmin'],
  correctLevel: ['superMember', 'superAdmin'],
  withdrawReport: ['maker'],
  seeKiosks: ['superMember', 'superAdmin'],
  silenceKiosk: ['superMember', 'superAdmin'],
  readChanges: ['superMember', 'superAdmin'],
  sendNotice: ['superMember', 'superAdmin'],
} as const satisfies Record<string, readonly Standing[]>

/** Something that one may or may not do. */
export type Act = keyof typeof ACCESS

/** The standings of an actor towards a subject. Nothing of another university is anybody's business. [ACC-2] */
export function standingsOf(actor: Actor, subject: Subject | null): Standing[] {
  if (subject === null) return actor.isPlatformAdmin ? ['platformAdmin'] : []
  if (actor.universityId !== subject.universityId) return ['outsider']
  const standings: Standing[] = ['person']
  if (typeof subject.createdById === 'number' && subject.createdById === actor.userId) standings.push('maker')
  for (const { groupId, isSuper, permission } of actor.memberships) {
    if (isSuper) standings.push(permission === 'admin' ? 'superAdmin' : 'superMember')
    if (groupId === subject.group?.id) standings.push(permission === 'admin' ? 'groupAdmin' : 'groupMember')
  }
  return standings
}

/** Whether an actor may do something to a subject; a null subject stands for the platform itself. [ACC-1] [ACC-2] */
export function may(actor: Actor, act: Act, subject: Subject | null): boolean {
  const allowed: readonly Standing[] = ACCESS[actOn(act, subject)]
  return standingsOf(actor, subject).some((standing) => allowed.includes(standing))
}

const ON_SUPER_GROUP: Partial<Record<Act, Act>> = {
  editGroup: 'editSuperGroup',
  deleteGroup: 'deleteSuperGroup',
  addMember: 'addSuperMember',
  removeMember: 'removeSuperMember',
  changePermission: 'changeSuperPermission',
}

/** The row of the table: acts on the super group have their own. */
function actOn(act: Act, subject: Subject | null): Act {
  return subject?.group?.isSuper === true ? (ON_SUPER_GROUP[act] ?? act) : act
}
