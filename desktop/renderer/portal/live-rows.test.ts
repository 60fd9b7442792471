import { describe, expect, it } from 'vitest'
import type { LiveChanges, LivePerson, LiveSnapshot, LiveSpace } from '#shared/wire/live.ts'
import { afterMessage, type ReceivedState } from './live-rows.ts'

const row = (id: number, clock: number, level: 0 | 1 | 2 | null = null): LiveSpace => ({
  id,
  clock,
  level,
  reportedAtMs: level === null ? null : 1_000,
  facts: {
    parentId: null,
    name: `Room ${id}`,
    kind: 'room',
    location: null,
    details: {},
    capacity: null,
    hours: { weekly: null, closures: [] },
  },
  version: 1,
  isOnKiosks: true,
})
const none = { rows: [], levels: [], gone: [] }
const snapshot = (rows: LiveSpace[], part = 1, parts = 1): LiveSnapshot => ({
  type: 'snapshot',
  epoch: 'E',
  to: 10,
  part,
  parts,
  changes: { ...none, rows },
})
const changes = (from: number, to: number, some: Partial<LiveChanges['changes']>): LiveChanges => ({
  type: 'changes',
  epoch: 'E',
  from,
  to,
  part: 1,
  parts: 1,
  changes: { ...none, ...some },
})
const person: LivePerson = { type: 'person', mine: [1], tracked: [2], mayEditAll: false, staleMs: 60_000 }
const START: ReceivedState = { tree: { state: 'loading' }, person: null, inbox: null, parts: [] }

function after(...messages: Parameters<typeof afterMessage>[1][]): ReceivedState | null {
  return messages.reduce<ReceivedState | null>(
    (received, message) => (received === null ? null : afterMessage(received, message)),
    START,
  )
}

function spacesOf(received: ReceivedState | null) {
  return received?.tree.state === 'ready' ? received.tree.spaces : new Map<number, never>()
}

describe('what the live connection brings', () => {
  it('[LIV-2] a snapshot in parts is taken as one, and personal marks are set', () => {
    const half = after(snapshot([row(1, 1)], 1, 2))
    expect(half?.tree.state).toBe('loading')
    const whole = after(snapshot([row(1, 1)], 1, 2), snapshot([row(2, 2)], 2, 2), person)
    expect([...spacesOf(whole).values()]).toMatchObject([
      { id: 1, name: 'Room 1', isMine: true, isTracked: false, isMineToEdit: true },
      { id: 2, isMine: false, isTracked: true, isMineToEdit: false },
    ])
    expect(whole?.tree).toMatchObject({ staleMs: 60_000, head: 10 })
    expect(after(snapshot([], 2, 2))).toBeNull()
  })

  it.each(['loading', 'failed'] as const)(
    '[OCC-6] [LIV-2] the stale limit that comes with the person counts for a snapshot after it, where the tree is %s',
    (state) => {
      const tree: ReceivedState['tree'] =
        state === 'loading' ? { state } : { state, refusal: { why: 'offline', retryAfterS: null } }
      const welcomed = afterMessage({ ...START, tree }, person)
      if (welcomed === null) throw new Error('nothing held')
      const held = afterMessage(welcomed, snapshot([row(1, 1)]))
      expect(held?.tree).toMatchObject({ state: 'ready', staleMs: 60_000 })
      if (held === null) throw new Error('nothing held')
      const later = afterMessage(
        afterMessage(held, { ...person, staleMs: 90_000 }) ?? held,
        changes(10, 11, {}),
      )
      expect(later?.tree).toMatchObject({ staleMs: 90_000, head: 11 })
    },
  )

  it('[NTF-6] the inbox is the newest row that came, in a snapshot or in changes, and none after a snapshot without one', () => {
    const inbox = (clock: number, newCount: number): Pick<LiveChanges, 'collections'> => ({
      collections: { inbox: [{ id: 7, clock, body: { newCount, newestId: 3 } }] },
    })
    const held = after({ ...snapshot([row(1, 5)]), ...inbox(9, 2) })
    expect(held?.inbox).toEqual({ newCount: 2, newestId: 3, clock: 9 })
    if (held === null) throw new Error('nothing held')
    const older = afterMessage(held, { ...changes(10, 11, {}), ...inbox(8, 5) })
    expect(older?.inbox).toEqual(held.inbox)
    const next = afterMessage(older ?? held, { ...changes(11, 12, {}), ...inbox(12, 0) })
    expect(next?.inbox).toEqual({ newCount: 0, newestId: 3, clock: 12 })
    expect(afterMessage(next ?? held, changes(12, 13, {}))?.inbox).toEqual(next?.inbox)
    expect(afterMessage(next ?? held, snapshot([row(1, 5)]))?.inbox).toBe(null)
  })

  it('[LIV-2] levels, rows and deletions are put upon what is held; older updates never overwrite newer', () => {
    const held = after(snapshot([row(1, 5, 1), row(2, 5)]), person)
    if (held === null) throw new Error('nothing held')
    const next = afterMessage(
      held,
      changes(10, 12, {
        levels: [
          [1, 4, 2, 50],
          [2, 11, 0, 900],
        ],
        rows: [row(3, 12)],
        gone: [],
      }),
    )
    expect(spacesOf(next).get(1)).toMatchObject({ level: 1 })
    expect(spacesOf(next).get(2)).toMatchObject({ level: 0, reportedAtMs: 900, isTracked: true })
    expect(spacesOf(next).get(3)).toMatchObject({ isMine: false })
    if (next === null) throw new Error('nothing left')
    expect([...spacesOf(afterMessage(next, changes(12, 13, { gone: [[1, 13]] }))).keys()]).toEqual([2, 3])
  })

  it('[LIV-2] a row and a deletion that come late change nothing, and the newest of each counts', () => {
    const step = (received: ReceivedState | null, clock: number, some: Parameters<typeof changes>[2]) =>
      received === null ? null : afterMessage(received, changes(10, 10 + clock, some))
    const renamed = (clock: number, name: string): LiveSpace => {
      const one = row(1, clock)
      return { ...one, facts: { ...one.facts, name } }
    }
    const held = after(snapshot([row(1, 5), row(2, 5)]))
    const newer = step(held, 1, { rows: [renamed(7, 'Seven')] })
    const older = step(newer, 2, { rows: [renamed(6, 'Six')], gone: [[1, 6]] })
    expect(spacesOf(older).get(1)).toMatchObject({ name: 'Seven', clock: 7 })
    expect([...spacesOf(older).keys()]).toEqual([1, 2])
    const gone = step(older, 3, { gone: [[1, 8]] })
    expect([...spacesOf(gone).keys()]).toEqual([2])
    const back = step(gone, 4, { rows: [renamed(9, 'Nine')] })
    expect(spacesOf(back).get(1)).toMatchObject({ name: 'Nine', clock: 9 })
  })

  it('[LIV-2] something that was missed is noticed: a gap, another epoch, a heartbeat beyond what is held', () => {
    const held = after(snapshot([row(1, 5)]))
    if (held === null) throw new Error('nothing held')
    expect(afterMessage(held, changes(11, 12, {}))).toBeNull()
    expect(afterMessage(held, { ...changes(10, 12, {}), epoch: 'F' })).toBeNull()
    expect(afterMessage(held, { type: 'heartbeat', epoch: 'E', head: 11, nowMs: 0 })).toBeNull()
    expect(afterMessage(held, { type: 'heartbeat', epoch: 'E', head: 10, nowMs: 0 })).toBe(held)
  })

  it('[LIV-10] hours come in rows of their own: in any part, alone, gone, and never older over newer', () => {
    const week = (minute: number) => ({ weekly: [[1, minute, 1200]], closures: [] })
    const bare = (id: number, clock: number): LiveSpace => {
      const { hours: _, ...facts } = row(id, clock).facts
      return { ...row(id, clock), facts }
    }
    const held = after(
      { ...snapshot([bare(1, 5)], 1, 2), collections: { hours: [{ id: 2, clock: 4, body: week(480) }] } },
      snapshot([bare(2, 5)], 2, 2),
      person,
    )
    const hoursOf = (received: ReceivedState | null): unknown[] =>
      [...spacesOf(received).values()].map(({ hours }) => hours.weekly?.[0]?.[1] ?? null)
    expect(hoursOf(held)).toEqual([null, 480])
    if (held === null) throw new Error('nothing held')
    const then = (received: ReceivedState | null, from: number, to: number, more: Partial<LiveChanges>) =>
      received === null ? null : afterMessage(received, { ...changes(from, to, {}), ...more })
    // A row of a space says nothing of its hours.
    const moved = then(held, 10, 11, { changes: { ...none, rows: [bare(2, 11)] } })
    expect(hoursOf(moved)).toEqual([null, 480])
    const hours = (id: number, clock: number, body: object | null) => ({
      collections: { hours: [{ id, clock, body }], lamps: [{ id: 1, clock, body: {} }] },
    })
    const opened = then(moved, 11, 12, hours(1, 12, week(600)))
    expect(hoursOf(opened)).toEqual([600, 480])
    expect(hoursOf(then(opened, 10, 13, hours(1, 11, week(700))))).toEqual([600, 480])
    expect(hoursOf(then(opened, 12, 13, hours(1, 13, null)))).toEqual([null, 480])
    expect(spacesOf(then(opened, 12, 13, hours(9, 13, week(1)))).has(9)).toBe(false)
  })

  it('[LIV-10] a hub of the release before sends hours among the facts of their space', () => {
    const told = row(1, 5)
    const facts = {
      ...told.facts,
      hours: { weekly: [[1, 480, 1200] as [number, number, number]], closures: [] },
    }
    const held = after(snapshot([{ ...told, facts }]))
    expect(spacesOf(held).get(1)).toMatchObject({ hours: facts.hours, hoursClock: 5 })
  })

  it('who joins the super group may edit everything from that word on', () => {
    const held = after(snapshot([row(1, 5), row(2, 5)]), person, { ...person, mayEditAll: true })
    expect([...spacesOf(held).values()].every(({ isMineToEdit }) => isMineToEdit)).toBe(true)
  })
})
