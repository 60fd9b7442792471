import { describe, expect, it } from 'vitest'
import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import type { LiveHubMessage } from '#shared/wire/live.ts'
import type { Refusal } from './api.ts'
import type { PageSocket } from '../common/page-socket.ts'
import { LiveConnection, pauseMs } from './live-connection.ts'

/** A hub whose sockets the test controls, and time that passes when the test says so. */
function makeWorld(ticket: () => Decision<{ ticket: string }, Refusal> = () => accept({ ticket: 'T1' })) {
  const sockets: (PageSocket & { sent: string[]; isClosed: boolean })[] = []
  const said: string[] = []
  const taken: LiveHubMessage[] = []
  const timers: { atMs: number; run: () => void; isOn: boolean }[] = []
  const clock = { nowMs: 0 }
  const answer = { takes: true }
  const live = new LiveConnection({
    ticket: () => Promise.resolve(ticket()),
    open: () => {
      const socket = {
        sent: [] as string[],
        isClosed: false,
        send: (text: string) => void socket.sent.push(text),
        close: () => {
          socket.isClosed = true
        },
        onopen: null,
        onmessage: null,
        onclose: null,
      }
      sockets.push(socket)
      return socket
    },
    position: () => ({ epoch: 'E', head: 5 }),
    apply: (message) => {
      taken.push(message)
      return answer.takes
    },
    dropTree: () => said.push('dropHeld'),
    onStatus: (status) => said.push(status),
    onSignedOut: () => said.push('signedOut'),
    after: (delayMs, run) => {
      const timer = { atMs: clock.nowMs + delayMs, run, isOn: true }
      timers.push(timer)
      return () => {
        timer.isOn = false
      }
    },
    nowMs: () => clock.nowMs,
    random: () => 0.5,
  })
  const pass = async (ms: number): Promise<void> => {
    const untilMs = clock.nowMs + ms
    for (;;) {
      const [next] = timers
        .filter((timer) => timer.isOn && timer.atMs <= untilMs)
        .toSorted((a, b) => a.atMs - b.atMs)
      if (next === undefined) break
      clock.nowMs = next.atMs
      next.isOn = false
      next.run()
      await Promise.resolve()
      await Promise.resolve()
    }
    clock.nowMs = untilMs
  }
  const tell = (message: LiveHubMessage): void =>
    sockets.at(-1)?.onmessage?.({ data: JSON.stringify(message) })
  /** The device sleeps: time goes by, and no timer runs. */
  const sleep = (ms: number): void => {
    clock.nowMs += ms
    for (const timer of timers) timer.atMs += ms
  }
  const probes = (): unknown[] =>
    sockets
      .flatMap(({ sent }) => sent)
      .map((text) => JSON.parse(text) as { type: string; id?: number })
      .flatMap(({ type, id }) => (type === 'probe' ? [id] : []))
  return { live, sockets, said, taken, pass, tell, answer, sleep, probes }
}

const WELCOME: LiveHubMessage = { type: 'welcome', nowMs: 1, heartbeatMs: 5_000, takesProbes: true }
const OLD_WELCOME: LiveHubMessage = { type: 'welcome', nowMs: 1, heartbeatMs: 10_000 }
const BEAT: LiveHubMessage = { type: 'heartbeat', epoch: 'E', head: 5, nowMs: 2 }

describe('the live connection', () => {
  it('[POR-1] the ticket is the first message of the socket, with what is held already', async () => {
    const { sockets, pass, tell, said } = makeWorld()
    await pass(0)
    sockets[0]?.onopen?.()
    expect(JSON.parse(sockets[0]?.sent[0] ?? '')).toEqual({
      type: 'hello',
      ticket: 'T1',
      since: { epoch: 'E', head: 5 },
    })
    tell(WELCOME)
    expect(said).toEqual(['live'])
  })

  it('[POR-8] "Live" is said until a heartbeat and a half after the last message; unanswered, the connection is opened anew and shown as offline', async () => {
    const { pass, tell, said, sockets, probes } = makeWorld()
    await pass(0)
    tell(WELCOME)
    await pass(5_000)
    tell(BEAT)
    await pass(7_500)
    expect([said, probes()]).toEqual([['live'], []])
    await pass(10)
    expect([said, probes()]).toEqual([['live', 'connecting'], [1]])
    expect(sockets[0]?.isClosed).toBe(false)
    await pass(2_500)
    expect(sockets[0]?.isClosed).toBe(true)
    await pass(600)
    expect(sockets).toHaveLength(2)
    expect(said).toEqual(['live', 'connecting', 'offline'])
    tell(WELCOME)
    expect(said).toEqual(['live', 'connecting', 'offline', 'live'])
  })

  it('[POR-8] a hub that was only slow is believed again by its answer, and by nothing else', async () => {
    const { pass, tell, said, sockets, taken, probes } = makeWorld()
    await pass(0)
    tell(WELCOME)
    await pass(7_600)
    tell(BEAT)
    tell({ type: 'alive', id: 7, nowMs: 3 })
    expect(said).toEqual(['live', 'connecting'])
    expect(taken).toEqual([WELCOME])
    tell({ type: 'alive', id: 1, nowMs: 4 })
    expect(said).toEqual(['live', 'connecting', 'live'])
    expect(taken.at(-1)).toMatchObject({ type: 'alive', nowMs: 4 })
    await pass(7_000)
    expect([sockets.length, probes()]).toEqual([1, [1]])
  })

  it('[POR-8] a device that slept says so before anything else; what lay in the socket is no proof', async () => {
    for (const first of ['pulse', 'message', 'wake'] as const) {
      const { live, pass, tell, said, sockets, taken, sleep, probes } = makeWorld()
      await pass(0)
      tell(WELCOME)
      sleep(60_000)
      if (first === 'pulse') live.checkTimeouts()
      if (first === 'message') tell(BEAT)
      if (first === 'wake') live.checkNow()
      expect([said, probes()], first).toEqual([['live', 'connecting'], [1]])
      tell(BEAT)
      expect(taken).toEqual([WELCOME])
      await pass(2_500)
      expect(sockets[0]?.isClosed).toBe(true)
      await pass(600)
      expect([said, sockets.length]).toEqual([['live', 'connecting', 'offline'], 2])
    }
  })

  it('[POR-8] a page that is looked at again asks, unless it just heard; another network is asked about always', async () => {
    const { live, pass, tell, said, probes } = makeWorld()
    await pass(0)
    tell(WELCOME)
    live.checkNow()
    expect(probes()).toEqual([])
    live.checkNow(true)
    live.checkNow(true)
    expect([said, probes()]).toEqual([['live', 'connecting'], [1]])
    tell({ type: 'alive', id: 1, nowMs: 3 })
    await pass(2_000)
    live.checkNow()
    expect(probes()).toEqual([1, 2])
    tell({ type: 'alive', id: 2, nowMs: 3 })
    expect(said).toEqual(['live', 'connecting', 'live', 'connecting', 'live'])
  })

  it('[LIV-5] a hub of the release before is never asked: the connection is opened anew', async () => {
    const { live, pass, tell, said, sockets, probes, sleep } = makeWorld()
    await pass(0)
    tell(OLD_WELCOME)
    await pass(14_900)
    expect(said).toEqual(['live'])
    tell(BEAT)
    sleep(20_000)
    live.checkTimeouts()
    expect(said).toEqual(['live', 'connecting'])
    await pass(600)
    expect([sockets.length, probes()]).toEqual([2, []])
    tell(OLD_WELCOME)
    expect(said).toEqual(['live', 'connecting', 'live'])
  })

  it('[POR-8] a welcome from before a sleep is none', async () => {
    const { pass, tell, said, sockets, sleep } = makeWorld()
    await pass(0)
    sleep(30_000)
    tell(WELCOME)
    expect(said).toEqual([])
    await pass(600)
    expect(sockets).toHaveLength(2)
  })

  it('[POR-30] a connection that is back at once never looked offline', async () => {
    const { pass, tell, said, sockets } = makeWorld()
    await pass(0)
    tell(WELCOME)
    sockets[0]?.onclose?.({ code: 1006 })
    await pass(600)
    tell(WELCOME)
    await pass(5_000)
    expect(said).toEqual(['live', 'connecting', 'live'])
  })

  it('[LIV-2] what was missed is fetched over a new connection', async () => {
    const { pass, tell, sockets, answer } = makeWorld()
    await pass(0)
    tell(WELCOME)
    answer.takes = false
    tell({ type: 'heartbeat', epoch: 'E', head: 9, nowMs: 2 })
    await pass(600)
    expect(sockets).toHaveLength(2)
  })

  it('[POR-30] a session that has ended is reported, and no connection is opened again', async () => {
    const { pass, tell, said, sockets } = makeWorld()
    await pass(0)
    tell(WELCOME)
    tell({ type: 'end', why: 'signedOut' })
    await pass(600_000)
    expect(said).toEqual(['live', 'signedOut'])
    expect(sockets).toHaveLength(1)
  })

  it('[LIV-2] a new epoch drops what is held; a crowd is waited for', async () => {
    const { pass, tell, said, sockets } = makeWorld()
    await pass(0)
    tell({ type: 'end', why: 'epochChanged' })
    expect(said).toEqual(['dropHeld'])
    await pass(600)
    tell({ type: 'end', why: 'tooMany' })
    await pass(119_000)
    expect(sockets).toHaveLength(2)
    await pass(5_000)
    expect(sockets).toHaveLength(3)
  })

  it('[POR-30] a refused ticket is asked for again, no earlier than the hub said; a nudge does not wait', async () => {
    const tries = { count: 0 }
    const { pass, live, said } = makeWorld(() => {
      tries.count += 1
      return refuse({ why: 'tooMany', retryAfterS: 40 })
    })
    await pass(0)
    await pass(39_000)
    expect(tries.count).toBe(1)
    await pass(2_000)
    expect(tries.count).toBe(2)
    expect(said).toEqual(['offline'])
    live.retryNow()
    await pass(0)
    expect(tries.count).toBe(3)
    live.stop()
    live.retryNow()
    await pass(600_000)
    expect(tries.count).toBe(3)
  })

  it('[POR-30] pauses grow up to half a minute, and are never the same for all', () => {
    expect([0, 1, 2, 10].map((tries) => pauseMs(tries, 0.999))).toEqual([999, 1998, 3996, 29_970])
    expect(pauseMs(10, 0)).toBe(250)
  })

  it('[POR-8] who is there while a try is under way that comes to nothing waits a moment for the next, not half a minute', async () => {
    const { live, sockets, pass } = makeWorld()
    await pass(0)
    for (let round = 0; round < 8; round += 1) {
      sockets.at(-1)?.onclose?.({ code: 1006 })
      await pass(pauseMs(round, 0.5))
    }
    const before = sockets.length
    live.retryNow()
    sockets.at(-1)?.onclose?.({ code: 1006 })
    await pass(600)
    expect(sockets).toHaveLength(before + 1)
  })

  it('[POR-30] a second outage is shown like the first, and is tried again as soon', async () => {
    const { sockets, pass, tell, said } = makeWorld()
    await pass(0)
    tell(WELCOME)
    for (let outage = 1; outage <= 3; outage += 1) {
      said.length = 0
      for (let tries = 0; tries < 6; tries += 1) {
        sockets.at(-1)?.onclose?.({ code: 1006 })
        await pass(pauseMs(tries, 0.5) - 1)
        const before = sockets.length
        await pass(1)
        expect(sockets, `outage ${outage}, try ${tries}`).toHaveLength(before + 1)
      }
      expect(said).toEqual(['connecting', 'offline'])
      tell(WELCOME)
      expect(said).toEqual(['connecting', 'offline', 'live'])
      await pass(1_000)
    }
  })

  it('[POR-30] a nudge while a ticket is asked for asks for no second one', async () => {
    const world: { live?: LiveConnection; asked: number } = { asked: 0 }
    const { live, sockets, pass } = makeWorld(() => {
      world.asked += 1
      if (world.asked < 10) world.live?.retryNow()
      return accept({ ticket: 'T' })
    })
    await pass(0)
    world.live = live
    for (let round = 2; round <= 4; round += 1) {
      sockets.at(-1)?.onclose?.({ code: 1006 })
      await pass(600)
      expect([world.asked, sockets.length]).toEqual([round, round])
    }
  })

  it('[POR-30] a connection that was stopped while its ticket was asked for opens no socket', async () => {
    const { live, sockets, pass } = makeWorld()
    live.stop()
    await pass(60_000)
    expect(sockets).toHaveLength(0)
  })

  it('[POR-30] [POR-8] a welcome from before a sleep is none, on whichever dial it comes', async () => {
    const { sockets, pass, tell, said, sleep } = makeWorld()
    await pass(0)
    for (let round = 0; round < 5; round += 1) {
      sleep(30_000)
      tell(WELCOME)
      expect(said).not.toContain('live')
      await pass(pauseMs(round, 0.5))
      expect(sockets).toHaveLength(round + 2)
    }
    tell(WELCOME)
    expect(said.at(-1)).toBe('live')
  })

  it('[POR-30] a socket that no hub welcomes is given up after eight seconds, each time', async () => {
    const { sockets, pass } = makeWorld()
    await pass(0)
    for (let round = 1; round <= 3; round += 1) {
      await pass(7_999)
      expect(sockets).toHaveLength(round)
      expect(sockets[round - 1]?.isClosed).toBe(false)
      await pass(1)
      expect(sockets[round - 1]?.isClosed).toBe(true)
      await pass(pauseMs(round - 1, 0.5))
      expect(sockets).toHaveLength(round + 1)
    }
  })
})
