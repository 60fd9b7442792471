import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ACCESS, may, standingsOf, type Act, type Actor, type Standing, type Subject } from './access.ts'

// Written out from what was asked for, apart from the table itself: x may, - may not.
const COLUMNS: Standing[] = [
  'outsider',
  'platformAdmin',
  'person',
  'maker',
  'groupMember',
  'groupAdmin',
  'superMember',
  'superAdmin',
]
const EXPECTED: Record<Act, string> = {
  //                     out plat pers make mem adm sme sad
  decideUniversities: '   -   x    -    -    -   -   -   - ',

  // A normal group is seen from inside, and by the super group.
  seeGroup: '             -   -    -    -    x   x   x   x ',
  // Members of the super group make and delete groups, and never the super group.
  createGroup: '          -   -    -    -    -   -   x   x ',
  editGroup: '            -   -    -    -    -   -   x   x ',
  editSuperGroup: '       -   -    -    -    -   -   -   x ',
  deleteGroup: '          -   -    -    -    -   -   x   x ',
  deleteSuperGroup: '     -   -    -    -    -   -   -   - ',
  // Normal group: its administrator adds and removes, its member nothing. Super group: its administrator in any group,
  // its member in any but the super group.
  addMember: '            -   -    -    -    -   x   x   x ',
  removeMember: '         -   -    -    -    -   x   x   x ',
  changePermission: '     -   -    -    -    -   x   x   x ',
  addSuperMember: '       -   -    -    -    -   -   -   x ',
  removeSuperMember: '    -   -    -    -    -   -   -   x ',
  changeSuperPermission: '-   -    -    -    -   -   -   x ',
  // Members manage bookings of their own groups, members of the super group of any.
  manageBookings: '       -   -    -    -    x   x   x   x ',
  // One in nobody's name but one's own is one's own; what goes over others, and rooms, are the super group's.
  managePersonalBooking: '-   -    -    x    -   -   x   x ',
  overrideBookings: '     -   -    -    -    -   -   x   x ',
  decideRequests: '       -   -    -    -    x   x   x   x ',
  seeRooms: '             -   -    x    x    x   x   x   x ',
  manageRooms: '          -   -    -    -    -   -   x   x ',

  // Every member of the university sees, reports, tracks, and makes spaces; own ones are one's own.
  seeSpaces: '            -   -    x    x    x   x   x   x ',
  reportOccupancy: '      -   -    x    x    x   x   x   x ',
  trackSpace: '           -   -    x    x    x   x   x   x ',
  createSpace: '          -   -    x    x    x   x   x   x ',
  editSpace: '            -   -    -    x    -   -   x   x ',
  deleteSpace: '          -   -    -    x    -   -   x   x ',
  // What is on public screens, what kiosks say, what is in the log: the super group's.
  letOnKiosks: '          -   -    -    -    -   -   x   x ',
  correctLevel: '         -   -    -    -    -   -   x   x ',
  withdrawReport: '       -   -    -    x    -   -   -   - ',
  seeKiosks: '            -   -    -    -    -   -   x   x ',
  silenceKiosk: '         -   -    -    -    -   -   x   x ',
  readChanges: '          -   -    -    -    -   -   x   x ',
  // Everybody, or a group, is told something by the super group alone.
  sendNotice: '           -   -    -    -    -   -   x   x ',
}

const ACTS = Object.keys(ACCESS) as Act[]
const HERE = 1
const GROUP = { id: 10, isSuper: false }
const SUPER = { id: 11, isSuper: true }

const plain: Actor = { userId: 5, universityId: HERE, isPlatformAdmin: false, memberships: [] }
const inGroup = (permission: 'admin' | 'member'): Actor => ({
  ...plain,
  memberships: [{ groupId: GROUP.id, isSuper: false, permission }],
})
const inSuper = (permission: 'admin' | 'member'): Actor => ({
  ...plain,
  memberships: [{ groupId: SUPER.id, isSuper: true, permission }],
})

/** Somebody with this standing towards a group or a space of university 1, and what they stand before. */
const CASES: Record<Standing, { actor: Actor; subject: Subject | null }> = {
  outsider: {
    actor: { ...inSuper('admin'), universityId: 2 },
    subject: { universityId: HERE, group: GROUP, createdById: plain.userId },
  },
  platformAdmin: { actor: { ...plain, universityId: null, isPlatformAdmin: true }, subject: null },
  person: { actor: plain, subject: { universityId: HERE, group: GROUP, createdById: 6 } },
  maker: { actor: plain, subject: { universityId: HERE, createdById: plain.userId } },
  groupMember: { actor: inGroup('member'), subject: { universityId: HERE, group: GROUP } },
  groupAdmin: { actor: inGroup('admin'), subject: { universityId: HERE, group: GROUP } },
  superMember: { actor: inSuper('member'), subject: { universityId: HERE, group: GROUP, createdById: 6 } },
  superAdmin: { actor: inSuper('admin'), subject: { universityId: HERE, group: GROUP, createdById: 6 } },
}

describe('[ACC-1] every act and every standing', () => {
  test.each(ACTS)('%s', (act) => {
    const marks = EXPECTED[act].trim().split(/\s+/)
    expect(marks).toHaveLength(COLUMNS.length)
    const answers = COLUMNS.map((standing) => {
      const { actor, subject } = CASES[standing]
      return may(actor, act, subject) ? 'x' : '-'
    })
    expect(Object.fromEntries(COLUMNS.map((column, index) => [column, answers[index]]))).toEqual(
      Object.fromEntries(COLUMNS.map((column, index) => [column, marks[index]])),
    )
  })

  test('each case stands as it says', () => {
    for (const standing of COLUMNS) {
      const { actor, subject } = CASES[standing]
      expect(standingsOf(actor, subject)).toContain(standing)
    }
  })
})

describe('[ACC-1] the super group', () => {
  const rows: [Act, Act][] = [
    ['editGroup', 'editSuperGroup'],
    ['deleteGroup', 'deleteSuperGroup'],
    ['addMember', 'addSuperMember'],
    ['removeMember', 'removeSuperMember'],
    ['changePermission', 'changeSuperPermission'],
  ]
  test.each(rows)('%s on it is %s', (act, own) => {
    const subject = { universityId: HERE, group: SUPER }
    for (const actor of [plain, inGroup('admin'), inSuper('member'), inSuper('admin')])
      expect(may(actor, act, subject)).toBe(may(actor, own, subject))
    expect(may(inSuper('member'), act, subject)).toBe(false)
    expect(may(inSuper('admin'), act, subject)).toBe(act !== 'deleteGroup')
  })
})

const someId = fc.integer({ min: 1, max: 4 })
const membership = fc.record({
  groupId: someId,
  isSuper: fc.boolean(),
  permission: fc.constantFrom('admin' as const, 'member' as const),
})
const actorOf = (universityId: fc.Arbitrary<number | null>): fc.Arbitrary<Actor> =>
  fc
    .record({ userId: someId, universityId, memberships: fc.array(membership, { maxLength: 5 }) })
    .map((facts) => ({ ...facts, isPlatformAdmin: facts.universityId === null }))
const someone = actorOf(fc.option(someId, { nil: null }))
const someSubject: fc.Arbitrary<Subject> = fc
  .record({
    universityId: someId,
    group: fc.option(fc.record({ id: someId, isSuper: fc.boolean() }), { nil: undefined }),
    createdById: fc.option(someId, { nil: null }),
  })
  .map(({ group, ...facts }) => (group === undefined ? facts : { ...facts, group }))
const someAct = fc.constantFrom(...ACTS)

test('[ACC-2] nobody may do anything to what belongs to another university', () => {
  fc.assert(
    fc.property(someone, someAct, someSubject, (actor, act, subject) => {
      fc.pre(actor.universityId !== subject.universityId)
      expect(may(actor, act, subject)).toBe(false)
    }),
  )
})

test('[ACC-2] platform administrators decide universities, and nothing inside one; nobody else decides them', () => {
  fc.assert(
    fc.property(someone, someAct, someSubject, (actor, act, subject) => {
      expect(may(actor, act, null)).toBe(actor.isPlatformAdmin && act === 'decideUniversities')
      if (actor.isPlatformAdmin) expect(may(actor, act, subject)).toBe(false)
    }),
  )
})

test('[ACC-1] a further membership never takes anything away', () => {
  fc.assert(
    fc.property(someone, membership, someAct, someSubject, (actor, more, act, subject) => {
      const joined = { ...actor, memberships: [...actor.memberships, more] }
      if (may(actor, act, subject)) expect(may(joined, act, subject)).toBe(true)
    }),
  )
})

test('[ACC-1] administrators may all that members may', () => {
  fc.assert(
    fc.property(someone, membership, someAct, someSubject, (actor, more, act, subject) => {
      const as = (permission: 'admin' | 'member'): boolean =>
        may({ ...actor, memberships: [...actor.memberships, { ...more, permission }] }, act, subject)
      if (as('member')) expect(as('admin')).toBe(true)
    }),
  )
})
