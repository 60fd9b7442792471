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

it('an undo is offered until its time, and then makes room for the next question', () => {
  const thanks = { step: 'thanks', spaceId: 1, level: 0, reportId: 2, undoUntilMs: 5_000 } as const
  expect(afterTime(thanks, 4_999)).toBe(thanks)
  expect(afterTime(thanks, 5_000)).toEqual({ step: 'ask' })
  expect(afterTime({ step: 'undone', spaceId: 1, untilMs: 10 }, 10)).toEqual({ step: 'ask' })
})
