import { describe, expect, it } from 'vitest'
import { accept, refuse } from '#shared/domain/decision.ts'
import type { Me } from '#shared/domain/account.ts'
import type { RouteName } from '#shared/wire/rest.ts'
import { UNDO_MS } from '#shared/domain/occupancy.ts'
import { EARLIER_MS, isTransient, makeActions } from './actions.ts'
import type { Call, Refusal } from './api.ts'
import { makePortalStore, tickPortal } from './store.ts'
import type { PortalSpace } from './portal-spaces.ts'

const NOW_MS = 1_000_000

function makeWorld(answers: Partial<Record<RouteName, unknown[]>>) {
  const asked: { name: RouteName; input: unknown; timeoutMs?: number }[] = []
  const call = (async (name: RouteName, input: unknown, timeoutMs?: number) => {
    asked.push({ name, input, ...(timeoutMs === undefined ? {} : { timeoutMs }) })
    return answers[name]?.shift() ?? refuse<Refusal>({ why: 'internal', retryAfterS: null })
  }) as unknown as Call
  const store = makePortalStore(NOW_MS)
  const room = { id: 5, clock: 1, level: null, reportedAtMs: null } as unknown as PortalSpace
  store.setState({
    visitor: { state: 'signedIn', me: { id: 1 } as unknown as Me },
    tree: { state: 'ready', spaces: new Map([[5, room]]), staleMs: 7_200_000, epoch: 'E', head: 1 },
  })
  const keys = { count: 0 }
  const timers = new Set<{ delayMs: number; run: () => void }>()
  const actions = makeActions({
    store,
    api: { call, refresh: () => new Promise(() => undefined), clearToken: () => undefined },
    nowMs: () => NOW_MS,
    after: (delayMs, run) => {
      const timer = { delayMs, run }
      timers.add(timer)
      return () => void timers.delete(timer)
    },
    makeKey: () => `key-${(keys.count += 1)}`,
    saveSettings: () => undefined,
    broadcastSignOut: () => undefined,
    reconnect: () => undefined,
  })
  return { asked, store, actions, timers }
}

const taken = accept({
  id: 77,
  spaceId: 5,
  spaceName: 'Room',
  level: 1,
  reportedAtMs: NOW_MS,
  isWithdrawn: false,
})

describe('what people do', () => {
  it('[POR-6] a report counts on the own page at once, and its undo ends after five seconds', async () => {
    const { store, actions } = makeWorld({ 'POST /spaces/:id/reports': [taken] })
    await actions.report(5, 1)
    expect(store.getState().tree).toMatchObject({
      spaces: new Map([[5, { level: 1, reportedAtMs: NOW_MS }]]),
    })
    expect(store.getState().report).toMatchObject({
      step: 'thanks',
      reportId: 77,
      undoUntilMs: NOW_MS + UNDO_MS,
    })
    tickPortal(store, NOW_MS + UNDO_MS - 1)
    expect(store.getState().report.step).toBe('thanks')
    tickPortal(store, NOW_MS + UNDO_MS)
    expect(store.getState().report.step).toBe('ask')
  })

  it('[POR-6] an undo withdraws that very report', async () => {
    const { asked, store, actions } = makeWorld({
      'POST /spaces/:id/reports': [taken],
      'POST /reports/:id/withdraw': [taken],
    })
    await actions.report(5, 1)
    await actions.undo()
    expect(asked.at(-1)).toMatchObject({ name: 'POST /reports/:id/withdraw', input: { params: { id: 77 } } })
    expect(store.getState().report.step).toBe('undone')
  })

  it('[OCC-16] an equal tap right after says so, and is the report that can be undone', async () => {
    const repeat = accept({ ...taken.value, isRepeat: true })
    const { store, actions } = makeWorld({ 'POST /spaces/:id/reports': [taken, repeat] })
    await actions.report(5, 1)
    expect(store.getState().report).toMatchObject({ step: 'thanks', isRepeat: false })
    await actions.report(5, 1)
    expect(store.getState().report).toMatchObject({ step: 'thanks', reportId: 77, isRepeat: true })
  })

  it('[OCC-16] an earlier report of one’s own that counts once the later one is removed is named, and can be removed too', async () => {
    const earlier = { ...taken.value, id: 70, level: 0, reportedAtMs: NOW_MS - 60_000 }
    const { asked, store, actions } = makeWorld({
      'POST /spaces/:id/reports': [taken],
      'POST /reports/:id/withdraw': [accept({ ...taken.value, earlier }), accept(earlier)],
    })
    await actions.report(5, 1)
    await actions.undo()
    expect(store.getState().report).toMatchObject({
      step: 'undone',
      untilMs: NOW_MS + EARLIER_MS,
      earlier: { reportId: 70, level: 0, reportedAtMs: NOW_MS - 60_000 },
    })
    await actions.undo()
    expect(asked.at(-1)).toMatchObject({ name: 'POST /reports/:id/withdraw', input: { params: { id: 70 } } })
    expect(store.getState().report).toMatchObject({ step: 'undone', earlier: null })
  })

  it('[OCC-16] an earlier report that is too old to be shown is not spoken of', async () => {
    const earlier = { ...taken.value, id: 70, reportedAtMs: NOW_MS - 7_200_000 }
    const { store, actions } = makeWorld({
      'POST /spaces/:id/reports': [taken],
      'POST /reports/:id/withdraw': [accept({ ...taken.value, earlier })],
    })
    await actions.report(5, 1)
    await actions.undo()
    expect(store.getState().report).toMatchObject({ step: 'undone', earlier: null })
  })

  it('[POR-15] what was begun waits under the name of its form until it is thrown away, and is nobody else’s', () => {
    const { store, actions } = makeWorld({})
    actions.draft('newSpace', { name: 'Nook' })
    actions.draft('other', { name: 'x' })
    actions.draft('other', null)
    expect(store.getState().drafts).toEqual({ newSpace: { name: 'Nook' } })
    actions.leave('out')
    expect(store.getState().drafts).toEqual({})
  })

  it('[POR-6] a tap that was not answered is sent again under the same name', async () => {
    const { asked, store, actions } = makeWorld({
      'POST /spaces/:id/reports': [refuse({ why: 'offline', retryAfterS: null }), taken],
    })
    await actions.report(5, 1)
    expect(store.getState().report).toMatchObject({ step: 'refused', request: { key: 'key-1' } })
    actions.reportAgain()
    await new Promise((resolve) => setTimeout(resolve, 0))
    const names = asked.map(({ input }) => (input as { body: { key: string } }).body.key)
    expect(names).toEqual(['key-1', 'key-1'])
    expect(store.getState().report.step).toBe('thanks')
  })

  it('[POR-9] a tap says that it is saved, then that the hub is slow, and waits ten seconds at most', async () => {
    const hub = Promise.withResolvers<unknown>()
    const { asked, store, actions, timers } = makeWorld({ 'POST /spaces/:id/reports': [hub.promise] })
    const tapped = actions.report(5, 1)
    expect(store.getState().report).toMatchObject({ step: 'saving', level: 1, isSlow: false })
    expect(asked[0]?.timeoutMs).toBe(10_000)
    const [slow] = timers
    expect(slow?.delayMs).toBe(4_000)
    slow?.run()
    expect(store.getState().report).toMatchObject({ step: 'saving', level: 1, isSlow: true })
    hub.resolve(refuse({ why: 'noAnswer', retryAfterS: null }))
    await tapped
    expect(store.getState().report).toMatchObject({ step: 'refused', refusal: { why: 'noAnswer' } })
    expect(timers.size).toBe(0)
  })

  it('[POR-9] an undo is as patient, is not over while it is under way, and can be tried again', async () => {
    const hub = Promise.withResolvers<unknown>()
    const { asked, store, actions, timers } = makeWorld({
      'POST /spaces/:id/reports': [taken],
      'POST /reports/:id/withdraw': [hub.promise, taken],
    })
    await actions.report(5, 1)
    const undone = actions.undo()
    tickPortal(store, NOW_MS + 60_000)
    for (const { run } of timers) run()
    expect(store.getState().report).toMatchObject({ step: 'undoing', reportId: 77, isSlow: true })
    hub.resolve(refuse({ why: 'noAnswer', retryAfterS: null }))
    await undone
    expect(store.getState().report).toMatchObject({ step: 'refused', request: { undoOf: 77 } })
    actions.reportAgain()
    await new Promise((resolve) => setTimeout(resolve, 0))
    expect(asked.filter(({ name }) => name === 'POST /reports/:id/withdraw')).toEqual([
      { name: 'POST /reports/:id/withdraw', input: { params: { id: 77 } }, timeoutMs: 10_000 },
      { name: 'POST /reports/:id/withdraw', input: { params: { id: 77 } }, timeoutMs: 10_000 },
    ])
    expect(store.getState().report.step).toBe('undone')
  })

  it('[POR-6] what comes of a tap that somebody has gone on from changes nothing', async () => {
    const hub = Promise.withResolvers<unknown>()
    const { store, actions } = makeWorld({ 'POST /spaces/:id/reports': [hub.promise, taken] })
    const first = actions.report(5, 0)
    await actions.report(5, 1)
    hub.resolve(refuse({ why: 'noAnswer', retryAfterS: null }))
    await first
    expect(store.getState().report).toMatchObject({ step: 'thanks', reportId: 77 })
  })

  it('[POR-5] a sensitive act asks for the password and is made again; who closes the question has not acted', async () => {
    const needed = refuse({ why: 'passwordNeeded', retryAfterS: null })
    const { asked, store, actions } = makeWorld({ 'DELETE /me': [needed, accept(null), needed] })
    const first = actions.callWithPassword('DELETE /me', {})
    await Promise.resolve()
    await Promise.resolve()
    store.getState().asking?.resolve(true)
    expect(await first).toEqual(accept(null))
    expect(asked).toHaveLength(2)
    const second = actions.callWithPassword('DELETE /me', {})
    await Promise.resolve()
    await Promise.resolve()
    store.getState().asking?.resolve(false)
    expect(await second).toEqual(needed)
    expect(asked).toHaveLength(3)
    expect(store.getState().asking).toBeNull()
  })

  it('[POR-4] a tree that cannot be fetched anew stays, as old as it is; one that was never there is a fault with words', async () => {
    const away = refuse({ why: 'offline', retryAfterS: null })
    const { store, actions } = makeWorld({ 'GET /spaces': [away, away] })
    await actions.loadTree()
    expect(store.getState().tree.state).toBe('ready')
    store.setState({ tree: { state: 'loading' } })
    await actions.loadTree()
    expect(store.getState().tree).toMatchObject({ state: 'failed', refusal: { why: 'offline' } })
  })

  it('[POR-2] signing out empties the page; a hub that is away has ended nothing, and nothing is pretended', async () => {
    const { store, actions } = makeWorld({
      'POST /auth/logout': [refuse({ why: 'offline', retryAfterS: null }), accept(null)],
    })
    expect(await actions.signOut()).toMatchObject({ why: 'offline' })
    expect(store.getState().visitor.state).toBe('signedIn')
    expect(await actions.signOut()).toBeNull()
    expect(store.getState()).toMatchObject({
      visitor: { state: 'signedOut', reason: 'out' },
      tree: { state: 'loading' },
    })
  })

  it('[POR-2] spaces that come after somebody left are kept for nobody, and a call that fails leaves what is shown', async () => {
    const answer = accept({ spaces: [], staleMs: 1, epoch: 'E2', head: 9, nowMs: NOW_MS })
    const { store, actions } = makeWorld({ 'GET /spaces': [answer] })
    const loading = actions.loadTree()
    store.setState({ visitor: { state: 'signedOut', reason: 'out' }, tree: { state: 'loading' } })
    await loading
    expect(store.getState().tree).toEqual({ state: 'loading' })
    const again = makeWorld({ 'GET /spaces': [answer] })
    await again.actions.loadTree()
    expect(again.store.getState().tree).toMatchObject({ state: 'ready', epoch: 'E2', head: 9 })
    await again.actions.loadTree()
    expect(again.store.getState().tree).toMatchObject({ state: 'ready', epoch: 'E2', head: 9 })
  })

  it('[POR-31] a second toast stays as long as the first, and is announced though it says the same', () => {
    const { store, actions, timers } = makeWorld({})
    for (let count = 1; count <= 3; count += 1) {
      actions.toast('saved')
      expect(store.getState()).toMatchObject({
        toast: { id: count, text: 'saved' },
        announcement: { number: count, text: 'saved' },
      })
      expect([...timers].map(({ delayMs }) => delayMs)).toEqual([6_000])
    }
    for (const { run } of timers) run()
    expect(store.getState().toast).toBeNull()
    actions.toast('removed', () => undefined)
    expect([...timers].at(-1)?.delayMs).toBe(12_000)
  })

  it('[POR-9] that a tap is slow is said of that tap alone', async () => {
    const { store, actions, timers } = makeWorld({ 'POST /spaces/:id/reports': [taken, taken] })
    await actions.report(5, 1)
    expect([...timers]).toEqual([])
    const next = actions.report(5, 2)
    expect([...timers]).toHaveLength(1)
    expect(store.getState().report).toMatchObject({ step: 'saving', isSlow: false })
    for (const { run } of timers) run()
    expect(store.getState().report).toMatchObject({ step: 'saving', key: 'key-2', isSlow: true })
    await next
    expect([...timers]).toEqual([])
  })

  it('[POR-9] [POR-6] a tap that comes while another waits has an answer of its own', async () => {
    const answers: ((answer: unknown) => void)[] = []
    const pending = () => new Promise((resolve) => answers.push(resolve))
    const { store, actions } = makeWorld({ 'POST /spaces/:id/reports': [pending(), pending()] })
    const first = actions.report(5, 1)
    const second = actions.report(5, 2)
    answers[0]?.(taken)
    await first
    expect(store.getState().report).toMatchObject({ step: 'saving', level: 2, key: 'key-2' })
    answers[1]?.(accept({ ...taken.value, id: 78, level: 2 }))
    await second
    expect(store.getState().report).toMatchObject({ step: 'thanks', level: 2, reportId: 78 })
  })

  it.each(['offline', 'noAnswer', 'unavailable', 'internal', 'tooMany', 'directoryAway'] as const)(
    '[POR-32] trying again may help where a call was refused as %s, and not where it was wrong',
    (why) => {
      expect(isTransient({ why, retryAfterS: null })).toBe(true)
      expect(isTransient({ why: 'notAllowed', retryAfterS: null })).toBe(false)
      expect(isTransient({ why: 'malformed', retryAfterS: null })).toBe(false)
    },
  )
})
