import { describe, expect, it } from 'vitest'
import { accept, refuse } from '#shared/domain/decision.ts'
import { BEAT_EVERY_MS, SILENT_ENGINE_MS, type Bridge } from '#shared/wire/bridge.ts'
import { CHECK_EVERY_MS, watchHeartbeats, type ReconnectableBridge } from './watch-engine.ts'
import { makeShellBridge } from './shell-bridge.ts'
import { SILENT_ENGINE_MS as REPEATED } from '../../common/limits.ts'

type SliceListener = Parameters<Bridge['onSlice']>[0]

/** A bridge whose other end a test holds, and the page's clock. */
function makeWorld() {
  const clock = { nowMs: 0 }
  const said: string[] = []
  const asked: { name: string; answer: (output: unknown) => void }[] = []
  const heard: string[] = []
  let tell: SliceListener = () => undefined
  const bridge: ReconnectableBridge = {
    reconnect: () => void said.push('hung up'),
    call: (name) => new Promise((resolve) => asked.push({ name, answer: resolve as () => void })),
    onSlice: (listen) => {
      tell = listen
      return () => undefined
    },
  }
  const watched = watchHeartbeats(bridge, {
    elapsed: () => clock.nowMs,
    onSilence: () => said.push('away'),
    onReturn: () => said.push('up'),
  })
  watched.onSlice((name) => void heard.push(name))
  const pass = (ms: number): void => {
    for (let passedMs = 0; passedMs < ms; passedMs += CHECK_EVERY_MS) {
      clock.nowMs += CHECK_EVERY_MS
      watched.check()
    }
  }
  const slice: SliceListener = (name, value) => tell(name, value)
  return { clock, said, asked, heard, watched, pass, beat: () => slice('beat', { everyMs: 2_000 }), slice }
}

const LINK = { status: 'online', hubNowMs: 1, hubNowPlusMinusMs: 0, lastContactMs: 1, reason: null } as const

describe('an engine that beats', () => {
  it('[KSK-17] is away after five seconds without any message, and there again with its next', () => {
    const { said, pass, beat, slice, heard } = makeWorld()
    expect(REPEATED).toBe(SILENT_ENGINE_MS)
    slice('link', LINK)
    beat()
    for (let beats = 0; beats < 10; beats += 1) {
      pass(BEAT_EVERY_MS)
      beat()
    }
    pass(SILENT_ENGINE_MS - CHECK_EVERY_MS)
    expect(said).toEqual([])
    pass(CHECK_EVERY_MS)
    expect(said).toEqual(['hung up', 'away'])
    pass(60_000)
    expect(said).toEqual(['hung up', 'away'])
    slice('link', LINK)
    expect(said).toEqual(['hung up', 'away', 'up'])
    expect(heard).toEqual(['link', 'link'])
  })

  it('[KSK-17] [SCR-30] is away a second time like the first', () => {
    const { said, pass, beat, slice } = makeWorld()
    for (let outage = 0; outage < 3; outage += 1) {
      said.length = 0
      slice('link', LINK)
      beat()
      pass(SILENT_ENGINE_MS - CHECK_EVERY_MS)
      expect(said).toEqual(outage === 0 ? [] : ['up'])
      pass(CHECK_EVERY_MS)
      expect(said.slice(-2)).toEqual(['hung up', 'away'])
      pass(60_000)
    }
  })

  it('[KSK-17] loses what it was asked before, and is asked nothing meanwhile', async () => {
    const { asked, watched, pass, beat } = makeWorld()
    beat()
    const known = watched.call('withdrawReport', { mutationId: 1 })
    asked[0]?.answer(accept({ mutationId: 2 }))
    expect(await known).toEqual(accept({ mutationId: 2 }))
    const lost = watched.call('withdrawReport', { mutationId: 3 })
    pass(SILENT_ENGINE_MS)
    await expect(lost).rejects.toThrow('no sign of life')
    expect(await watched.call('withdrawReport', { mutationId: 4 })).toEqual(refuse({ why: 'notSaved' }))
    expect(asked.map(({ name }) => name)).toEqual(['withdrawReport', 'withdrawReport'])
    beat()
    void watched.call('leaveFullScreen', {})
    expect(asked.at(-1)?.name).toBe('leaveFullScreen')
  })

  it('[KSK-17] is not blamed for a page that was held up itself', () => {
    const { clock, said, watched, pass, beat } = makeWorld()
    beat()
    pass(SILENT_ENGINE_MS - CHECK_EVERY_MS)
    clock.nowMs += 3_600_000
    watched.check()
    expect(said).toEqual([])
    pass(CHECK_EVERY_MS)
    expect(said).toEqual(['hung up', 'away'])
  })

  it('[KSK-17] is not away before five seconds have passed since its last message, whenever in a step that came', () => {
    const { clock, said, watched, pass, beat } = makeWorld()
    pass(CHECK_EVERY_MS)
    clock.nowMs += CHECK_EVERY_MS - 1
    beat()
    clock.nowMs += 1
    watched.check()
    pass(SILENT_ENGINE_MS - CHECK_EVERY_MS)
    expect(said).toEqual([])
    pass(CHECK_EVERY_MS)
    expect(said).toEqual(['hung up', 'away'])
  })

  it('[KSK-17] loses no call again that was answered, and so keeps none', async () => {
    const { asked, watched, pass, beat } = makeWorld()
    beat()
    let lost = 0
    // What is said of a lost call names it.
    const name = { toString: () => `call ${(lost += 1)}` } as unknown as 'leaveFullScreen'
    const call = watched.call(name, {})
    asked[0]?.answer(accept(null))
    expect(await call).toEqual(accept(null))
    await Promise.resolve()
    void watched.call(name, {}).catch(() => undefined)
    pass(SILENT_ENGINE_MS)
    expect(lost).toBe(1)
  })
})

describe('an engine of the release before, which never beats', () => {
  it('[KSK-17] is left alone', () => {
    const { said, pass, slice } = makeWorld()
    slice('link', LINK)
    pass(3_600_000)
    expect(said).toEqual([])
  })

  it('[KSK-17] is left alone also where one that beats was there before it', () => {
    const { said, pass, beat, slice } = makeWorld()
    beat()
    pass(SILENT_ENGINE_MS)
    slice('link', LINK)
    pass(3_600_000)
    expect(said).toEqual(['hung up', 'away', 'up'])
  })
})

it('[KSK-17] Electron’s bridge is given up by listening anew, behind what was asked before', async () => {
  const sent: string[] = []
  const heard: string[] = []
  const tells = new Set<SliceListener>()
  const bridge = makeShellBridge({
    call: (name) => {
      sent.push(name)
      return new Promise(() => undefined)
    },
    onSlice: (listen) => {
      sent.push('listen')
      tells.add(listen)
      return () => tells.delete(listen)
    },
  })
  const end = bridge.onSlice((name) => void heard.push(name))
  void bridge.call('leaveFullScreen', {})
  bridge.reconnect()
  bridge.reconnect()
  expect(sent).toEqual(['listen', 'leaveFullScreen', 'listen', 'listen'])
  for (const tell of tells) tell('link', LINK)
  expect(heard).toEqual(['link'])
  end()
  expect(tells.size).toBe(0)
})
