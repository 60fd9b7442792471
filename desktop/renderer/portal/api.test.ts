import { describe, expect, it } from 'vitest'
import type { Me } from '#shared/domain/account.ts'
import type { Contract } from '#shared/wire/contract.ts'
import { ROUTES } from '#shared/wire/rest.ts'
import { KEYED, makeApi, requestOf, type Api } from './api.ts'

const ME = { id: 7, university: null, isPlatformAdmin: true } as unknown as Me

/** A hub in memory: what it was asked, and what it answers next. */
function makeWorld(
  answer: (url: string, token: string | null, signal?: AbortSignal | null) => Response | Promise<Response>,
) {
  const asked: { url: string; token: string | null; key: string | null; body: unknown }[] = []
  const keys = { count: 0 }
  const visitors: (number | null)[] = []
  const timers: { delayMs: number; run: () => void; isOn: boolean }[] = []
  const clock = { nowMs: 0 }
  const api: Api = makeApi({
    fetch: async (url, init) => {
      const headers = new Headers(init.headers)
      const token = headers.get('authorization')?.replace('Bearer ', '') ?? null
      const key = headers.get('idempotency-key')
      asked.push({ url, token, key, body: typeof init.body === 'string' ? JSON.parse(init.body) : undefined })
      return answer(url, token, init.signal ?? null)
    },
    nowMs: () => clock.nowMs,
    after: (delayMs, run) => {
      const timer = { delayMs, run, isOn: true }
      timers.push(timer)
      return () => {
        timer.isOn = false
      }
    },
    oneAtATime: (run) => run(),
    makeKey: () => `key-${(keys.count += 1)}`,
    onVisitor: (me) => visitors.push(me?.id ?? null),
  })
  return { api, asked, visitors, timers, clock }
}

const json = (status: number, body: unknown, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } })
const admission = (accessToken: string): Response => json(200, { accessToken, expiresInS: 1800, me: ME })
const signInNeeded = (): Response => json(401, { error: 'signInNeeded', message: '' })

describe('the client', () => {
  it('[POR-9] a hub that says nothing within the time of a call is told from one that cannot be reached', async () => {
    const { api } = makeWorld(
      (_url, _token, signal) =>
        new Promise((_resolve, reject) => {
          signal?.addEventListener('abort', () => reject(signal.reason as Error))
        }),
    )
    expect(await api.call('GET /groups', {}, 20)).toMatchObject({ refusal: { why: 'noAnswer' } })
    const away = makeWorld(() => Promise.reject(new TypeError('Failed to fetch')))
    expect(await away.api.call('GET /groups', {})).toMatchObject({ refusal: { why: 'offline' } })
  })

  it('writes a call as method, address, query and body, and leaves out what is not said', () => {
    expect(requestOf('PATCH /spaces/:id', { params: { id: 7 }, body: { version: 2 } })).toEqual({
      method: 'PATCH',
      url: '/api/v1/spaces/7',
      body: { version: 2 },
    })
    expect(requestOf('GET /changes', { query: { service: 'a b', userId: undefined } }).url).toBe(
      '/api/v1/changes?service=a+b',
    )
    expect(requestOf('DELETE /groups/:id/members/:userId', { params: { id: 1, userId: 2 } }).url).toBe(
      '/api/v1/groups/1/members/2',
    )
  })

  it('[POR-1] sends the token in a header and never in an address, and renews it before it runs out', async () => {
    const { api, asked, timers, visitors } = makeWorld((url) =>
      url.endsWith('/refresh') ? admission('t1') : json(200, { groups: [] }),
    )
    await api.refresh()
    expect(visitors).toEqual([7])
    expect(timers.filter(({ isOn }) => isOn)).toMatchObject([{ delayMs: 1_740_000 }])
    await api.call('GET /groups', {})
    expect(asked.at(-1)).toEqual({ url: '/api/v1/groups', token: 't1', key: null, body: undefined })
    expect(asked.every(({ url }) => !url.includes('t1'))).toBe(true)
  })

  it('[EDG-16] asks again by itself, when the hub says, for what it reads and was too many; what it does is left to people', async () => {
    const state = { answers: [] as Response[] }
    const { api, asked, timers, clock } = makeWorld(() => state.answers.shift() ?? json(200, { groups: [] }))
    const busy = (after: string): Response =>
      json(429, { error: 'tooMany', message: '' }, { 'retry-after': after })
    state.answers = [busy('2'), busy('3')]
    const reading = api.call('GET /groups', {})
    for (const delayMs of [2_000, 3_000]) {
      await expect.poll(() => timers.findLast(({ isOn }) => isOn)?.delayMs).toBe(delayMs)
      clock.nowMs += delayMs
      const timer = timers.findLast(({ isOn }) => isOn)
      if (timer !== undefined) timer.isOn = false
      timer?.run()
    }
    expect(await reading).toEqual({ ok: true, value: { groups: [] } })
    expect(asked).toHaveLength(3)
    // Nobody waits longer than for any other answer.
    state.answers = [busy('40')]
    expect(await api.call('GET /groups', {})).toMatchObject({ refusal: { why: 'tooMany', retryAfterS: 40 } })
    state.answers = [busy('1')]
    expect(await api.call('POST /live/ticket', {})).toMatchObject({ refusal: { why: 'tooMany' } })
  })

  it('[POR-22] the changes that travel under a key are those whose contracts take one, but for taps, which have their own', () => {
    const taking = Object.entries<Contract>(ROUTES).flatMap(([name, { takesKey }]) =>
      takesKey === true ? [name] : [],
    )
    expect([...KEYED, 'POST /spaces/:id/reports'].toSorted()).toEqual(taking.toSorted())
  })

  it('[POR-22] a change is sent again under its key when the hub is too busy, or the token had to be renewed', async () => {
    const answers = [
      () => json(503, { error: 'unavailable', message: '' }, { 'retry-after': '5' }),
      () => new Response(null, { status: 204 }),
    ]
    const { api, asked, timers } = makeWorld(() => answers.shift()?.() ?? signInNeeded())
    const tracking = api.call('PUT /spaces/:id/tracked', { params: { id: 7 } })
    await expect.poll(() => timers.findLast(({ isOn }) => isOn)?.delayMs).toBe(5_000)
    timers.findLast(({ isOn }) => isOn)?.run()
    expect(await tracking).toMatchObject({ ok: true })
    expect(asked.map(({ key }) => key)).toEqual(['key-1', 'key-1'])
    const renewed = makeWorld((url, token) => {
      if (url.endsWith('/refresh') || url.endsWith('/token'))
        return admission(`token ${renewed.asked.length}`)
      return token === 'token 1' ? signInNeeded() : new Response(null, { status: 204 })
    })
    await renewed.api.call('POST /auth/token', { body: { email: 'a@example.edu', password: 'b' } })
    expect(await renewed.api.call('PUT /spaces/:id/tracked', { params: { id: 7 } })).toMatchObject({
      ok: true,
    })
    expect(renewed.asked.map(({ key }) => key)).toEqual([null, 'key-1', null, 'key-1'])
  })

  it('[POR-22] who asks for the same again after no answer asks under the same key; after an answer, another wish or two minutes, under a new one', async () => {
    const state = { isAway: true }
    const { api, asked, clock } = makeWorld(() => {
      if (state.isAway) throw new TypeError('Failed to fetch')
      return new Response(null, { status: 204 })
    })
    const track = (id: number) => api.call('PUT /spaces/:id/tracked', { params: { id } })
    const keys = (): (string | null)[] => asked.map(({ key }) => key)
    await track(7)
    await track(7)
    expect(keys()).toEqual(['key-1', 'key-1'])
    await api.call('DELETE /spaces/:id/tracked', { params: { id: 7 } })
    await track(7)
    expect(keys().slice(2)).toEqual(['key-2', 'key-3'])
    state.isAway = false
    await track(7)
    await track(7)
    expect(keys().slice(4)).toEqual(['key-3', 'key-4'])
    state.isAway = true
    await track(8)
    clock.nowMs += 120_000
    await track(8)
    expect(keys().slice(6)).toEqual(['key-5', 'key-6'])
  })

  it('[EDG-23] asks once more, when the hub says, for what it reads and the hub was too busy for', async () => {
    const { api, asked, timers, clock } = makeWorld(() =>
      json(503, { error: 'unavailable', message: '' }, { 'retry-after': '5' }),
    )
    const reading = api.call('GET /groups', {})
    await expect.poll(() => timers.findLast(({ isOn }) => isOn)?.delayMs).toBe(5_000)
    clock.nowMs += 5_000
    timers.findLast(({ isOn }) => isOn)?.run()
    expect(await reading).toMatchObject({ refusal: { why: 'unavailable', retryAfterS: 5 } })
    expect(asked).toHaveLength(2)
    expect(await api.call('POST /live/ticket', {})).toMatchObject({ refusal: { why: 'unavailable' } })
    expect(asked).toHaveLength(3)
  })

  it('[POR-13] a renewal that came to nothing is tried again later, each time twice as late, or when the hub says', async () => {
    const state = { answer: (): Response => admission('t1') }
    const { api, asked, timers, visitors } = makeWorld(() => state.answer())
    const next = (): { delayMs: number; run: () => void } | undefined => timers.findLast(({ isOn }) => isOn)
    await api.refresh()
    state.answer = () => json(503, { error: 'directoryAway', message: '' })
    const waits: number[] = []
    for (let round = 0; round < 7; round += 1) {
      next()?.run()
      await api.refresh()
      waits.push(next()?.delayMs ?? 0)
    }
    expect(waits).toEqual([15, 30, 60, 120, 240, 300, 300].map((s) => s * 1_000))
    expect(timers.filter(({ isOn }) => isOn)).toHaveLength(1)
    state.answer = () => json(503, { error: 'directoryAway', message: '' }, { 'retry-after': '600' })
    next()?.run()
    await api.refresh()
    expect(next()?.delayMs).toBe(600_000)
    expect(visitors).toEqual([7])
    state.answer = () => admission('t2')
    next()?.run()
    await api.refresh()
    expect(next()?.delayMs).toBe(1_740_000)
    await api.call('GET /groups', {})
    expect(asked.at(-1)?.token).toBe('t2')
  })

  it('[POR-13] a second outage of renewals begins with the first pause again', async () => {
    const state = { answer: (): Response => admission('t1') }
    const { api, timers } = makeWorld(() => state.answer())
    const next = (): { delayMs: number; run: () => void } | undefined => timers.findLast(({ isOn }) => isOn)
    for (let outage = 0; outage < 3; outage += 1) {
      state.answer = () => admission(`t${outage}`)
      next()?.run()
      await api.refresh()
      state.answer = () => json(503, { error: 'directoryAway', message: '' })
      const waits: number[] = []
      for (let round = 0; round < 3; round += 1) {
        next()?.run()
        await api.refresh()
        waits.push(next()?.delayMs ?? 0)
      }
      expect(waits).toEqual([15_000, 30_000, 60_000])
    }
  })

  it('[POR-13] who signed out, or was signed out, is not signed in again by a renewal that was to come', async () => {
    const state = { answer: (): Response => admission('t1') }
    const { api, timers } = makeWorld(() => state.answer())
    await api.refresh()
    state.answer = () => json(503, { error: 'directoryAway', message: '' })
    const late = api.refresh()
    api.clearToken()
    await late
    expect(timers.filter(({ isOn }) => isOn)).toEqual([])
    state.answer = signInNeeded
    await api.refresh()
    expect(timers.filter(({ isOn }) => isOn)).toEqual([])
  })

  it('[POR-9] a call waits no longer than it says for a renewal that hangs, and is not made afterwards', async () => {
    const state = { isHanging: false, release: (): void => undefined }
    const { api, asked, timers, clock } = makeWorld((url) => {
      if (!url.endsWith('/refresh')) return json(200, {})
      if (!state.isHanging) return admission('t1')
      return new Promise((resolve) => {
        state.release = () => resolve(admission('t2'))
      })
    })
    await api.refresh()
    clock.nowMs = 1_790_000
    state.isHanging = true
    const tap = api.call('POST /live/ticket', {}, 10_000)
    timers.find(({ isOn, delayMs }) => isOn && delayMs === 10_000)?.run()
    expect(await tap).toMatchObject({ refusal: { why: 'noAnswer' } })
    state.release()
    await api.refresh()
    expect(asked.filter(({ url }) => url.endsWith('/ticket'))).toEqual([])
  })

  it('[POR-1] many calls at once that meet a token that is over share one refresh, and each is made again', async () => {
    const refreshed: string[] = []
    const { api, asked } = makeWorld((url, token) => {
      if (url.endsWith('/refresh')) {
        refreshed.push(url)
        return admission(`t${refreshed.length}`)
      }
      return token === 't1' ? signInNeeded() : json(200, { groups: [] })
    })
    await api.refresh()
    const answers = await Promise.all([1, 2, 3, 4].map(() => api.call('GET /groups', {})))
    expect(answers.every(({ ok }) => ok)).toBe(true)
    expect(refreshed).toHaveLength(2)
    expect(asked.filter(({ token }) => token === 't2')).toHaveLength(4)
  })

  it('[POR-34] a token that is nearly over is renewed before a call', async () => {
    const count = { refreshed: 0 }
    const { api, clock, asked } = makeWorld((url) => {
      if (!url.endsWith('/refresh')) return json(200, { groups: [] })
      count.refreshed += 1
      return admission(`t${count.refreshed}`)
    })
    await api.refresh()
    clock.nowMs = 1_790_000
    await api.call('GET /groups', {})
    expect(asked.at(-1)?.token).toBe('t2')
  })

  it('[POR-34] a session that has ended is told once, and its calls are refused', async () => {
    const { api, visitors } = makeWorld((url, token) =>
      url.endsWith('/refresh') && token === null && visitors.length === 0 ? admission('t1') : signInNeeded(),
    )
    await api.refresh()
    expect(await api.call('GET /groups', {})).toMatchObject({ refusal: { why: 'signInNeeded' } })
    expect(visitors).toEqual([7, null])
  })

  it('[POR-34] a hub that is away ends no session: the refusal says offline', async () => {
    const state = { isAway: false }
    const { api, visitors } = makeWorld((url) => {
      if (state.isAway) throw new TypeError('Failed to fetch')
      return url.endsWith('/refresh') ? admission('t1') : json(200, {})
    })
    await api.refresh()
    state.isAway = true
    expect(await api.call('GET /groups', {})).toMatchObject({ refusal: { why: 'offline' } })
    expect(await api.refresh()).toMatchObject({ refusal: { why: 'offline' } })
    expect(visitors).toEqual([7])
  })

  it('[POR-34] a refusal carries what the hub said of it, and when to try again', async () => {
    const { api } = makeWorld(() =>
      json(429, { error: 'tooMany', message: 'Too many tries.' }, { 'retry-after': '40' }),
    )
    expect(await api.call('POST /auth/forgotten', { body: { email: 'a@b.example' } })).toEqual({
      ok: false,
      refusal: { why: 'tooMany', retryAfterS: 40 },
    })
  })

  it('[POR-34] an answer of a proxy in between, without our words, is understood by its status', async () => {
    const { api } = makeWorld(() => new Response('<html>Bad gateway</html>', { status: 502 }))
    expect(await api.call('GET /universities', {})).toMatchObject({ refusal: { why: 'unavailable' } })
  })

  it('a table comes as text, and nothing as null', async () => {
    const { api } = makeWorld((url) =>
      url.includes('.csv')
        ? new Response('a,b', { headers: { 'content-type': 'text/csv; charset=utf-8' } })
        : new Response(null, { status: 204 }),
    )
    expect(await api.call('GET /changes.csv', { query: {} })).toEqual({ ok: true, value: 'a,b' })
    expect(await api.call('POST /auth/logout', {})).toEqual({ ok: true, value: null })
  })
})
