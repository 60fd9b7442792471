import { expect, it } from 'vitest'
import type { Me } from '#shared/domain/account.ts'
import { afterTime, freshState, withVisitor, type PortalState } from './store.ts'

it('[POR-2] when somebody else comes, or nobody is left, nothing of the one before stays', () => {
  const me = (id: number) => ({ id }) as unknown as Me
  const before: PortalState = {
    ...freshState(5),
    visitor: { state: 'signedIn', me: me(1) },
    tree: { state: 'ready', spaces: new Map(), staleMs: 1, epoch: 'E', head: 1 },
    report: { step: 'undone', spaceId: 1, untilMs: 9 },
    toast: { id: 1, text: 'private', undo: null },
    mailedTo: { page: 'signUp', email: 'a@uni.example' },
  }
  for (const visitor of [
    { state: 'signedOut', reason: 'ended' } as const,
    { state: 'signedIn', me: me(2) } as const,
  ]) {
    const after = { ...before, ...withVisitor(before, visitor) }
    expect(after).toMatchObject({ tree: { state: 'loading' }, report: { step: 'ask' }, toast: null })
    expect(after.mailedTo).toBeNull()
  }
  expect(withVisitor(before, { state: 'signedIn', me: me(1) })).not.toHaveProperty('tree')
})

const signedIn = (id: number) => ({ state: 'signedIn', me: { id } as unknown as Me }) as const

it.each([
  { tree: { state: 'ready', spaces: new Map(), staleMs: 1, epoch: 'E', head: 1 } },
  { connection: { status: 'live', contactMs: 5 } },
  { report: { step: 'saving', spaceId: 1, level: 1, key: 'k', isSlow: false } },
  { filter: { ...freshState(0).filter, search: 'private' } },
  { toggledSections: new Set([3]) },
  { drafts: { place: { name: 'private' } } },
  { listPath: '/mine' },
  { toast: { id: 1, text: 'private', undo: null } },
  { asking: { resolve: () => undefined } },
  { mailedTo: { page: 'signUp', email: 'a@uni.example' } },
] satisfies Partial<PortalState>[])(
  '[POR-2] of %j nothing is left for the next person, nor for nobody',
  (left) => {
    const before: PortalState = { ...freshState(5), visitor: signedIn(1), ...left }
    for (const visitor of [signedIn(2), { state: 'signedOut', reason: 'out' } as const])
      expect({ ...before, ...withVisitor(before, visitor) }).toEqual({ ...freshState(5), visitor })
    expect({ ...before, ...withVisitor(before, signedIn(1)) }).toEqual(before)
  },
)

it('[POR-2] [POR-5] what waited for the password of who left is not done', () => {
  const answers: boolean[] = []
  const before: PortalState = {
    ...freshState(5),
    visitor: signedIn(1),
    asking: { resolve: (isConfirmed) => void answers.push(isConfirmed) },
  }
  withVisitor(before, signedIn(1))
  expect(answers).toEqual([])
  withVisitor(before, { state: 'signedOut', reason: 'ended' })
  expect(answers).toEqual([false])
})

it('[POR-6] an undo is offered until its time, and then makes room for the next question', () => {
  const thanks = { step: 'thanks', spaceId: 1, level: 0, reportId: 2, undoUntilMs: 5_000 } as const
  expect(afterTime(thanks, 4_999)).toBe(thanks)
  expect(afterTime(thanks, 5_000)).toEqual({ step: 'ask' })
  expect(afterTime({ step: 'undone', spaceId: 1, untilMs: 10 }, 10)).toEqual({ step: 'ask' })
})
