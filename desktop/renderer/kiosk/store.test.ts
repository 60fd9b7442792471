import { describe, expect, it } from 'vitest'
import { accept, refuse } from '#shared/domain/decision.ts'
import { demoAssignment } from '#shared/fixtures/builders.ts'
import type { Bridge, SpaceView } from '#shared/wire/bridge.ts'
import { makeActions } from './actions.ts'
import { applySpaces, hubNow } from './model.ts'
import { makeKioskStore, mirrorBridge, setEngineConnection, tick } from './store.ts'

function space(id: number, name: string): SpaceView {
  return {
    id,
    name,
    parentId: null,
    kind: 'room',
    location: null,
    details: {},
    capacity: null,
    hours: { weekly: null, closures: [] },
    level: null,
    reportedAtMs: null,
    isWaiting: false,
  }
}

type SliceListener = Parameters<Bridge['onSlice']>[0]

function makeWorld(call: Bridge['call']) {
  const listeners: SliceListener[] = []
  const clock = { elapsedMs: 0 }
  const store = makeKioskStore(0, false)
  const bridge: Bridge = { call, onSlice: (listen) => (listeners.push(listen), () => undefined) }
  mirrorBridge(store, bridge, () => clock.elapsedMs)
  const publish: SliceListener = (name, value) => listeners.forEach((listen) => listen(name, value))
  return { store, clock, publish, actions: makeActions(store, bridge, () => clock.elapsedMs) }
}

const assignment = demoAssignment({ role: 'door', spaceId: 1 })
const enrolled = { state: 'enrolled', assignment, movedAtMs: null } as const

it('[KSK-17] a code half typed outlives an engine that is away and whoever looks away for it, until it enrolled the device', async () => {
  const answers = [refuse({ why: 'codeRefused' }), accept({ kioskId: 1 })]
  const call = () => Promise.resolve(answers.shift()) as Promise<never>
  const { store, clock, actions } = makeWorld(call)
  actions.changeCode((before) => `${before}AB`)
  setEngineConnection(store, 'away')
  clock.elapsedMs = 600_000
  tick(store, clock.elapsedMs)
  actions.startOver()
  setEngineConnection(store, 'up')
  actions.changeCode((before) => `${before}CD`)
  expect(store.getState().code).toBe('ABCD')
  await actions.enrol('ABCD')
  expect(store.getState().code).toBe('ABCD')
  await actions.enrol('ABCD')
  expect(store.getState().code).toBe('')
})

it('[SCR-25] full screen that is not this page’s to leave is said to be the browser’s, and the page for staff stays', async () => {
  const facts = { kioskId: 1 }
  const answers = [accept(facts), refuse({ why: 'notAllowed' }), accept(null)]
  const call = () => Promise.resolve(answers.shift()) as Promise<never>
  const { store, actions } = makeWorld(call)
  actions.openPinPad()
  await actions.enterPin('1234')
  await actions.leaveFullScreen()
  expect(store.getState().session.overlay).toEqual({ name: 'diagnostics', facts, isInBrowser: true })
  await actions.leaveFullScreen()
  expect(store.getState().session.overlay).toBeNull()
})

describe('the mirror', () => {
  it('[BRG-2] takes a whole slice anew and a partial one on top', () => {
    const whole = applySpaces(new Map([[9, space(9, 'old')]]), {
      isWhole: true,
      spaces: [space(1, 'one'), space(2, 'two')],
      gone: [],
    })
    expect([...whole.keys()]).toEqual([1, 2])
    const patched = applySpaces(whole, { isWhole: false, spaces: [space(2, 'zwei')], gone: [1] })
    expect([...patched.values()].map((one) => one.name)).toEqual(['zwei'])
  })

  it('[BRG-2] lets hub time go on by itself from each slice of the connection', () => {
    const { store, clock, publish } = makeWorld(() => Promise.resolve(refuse({ why: 'internal' })))
    clock.elapsedMs = 1_000
    publish('link', {
      status: 'online',
      hubNowMs: 50_000,
      hubNowPlusMinusMs: 20,
      lastContactMs: 50_000,
      reason: null,
    })
    expect(hubNow(store.getState().model, 4_000)).toBe(53_000)
    publish('link', {
      status: 'offline',
      hubNowMs: null,
      hubNowPlusMinusMs: null,
      lastContactMs: null,
      reason: null,
    })
    expect(hubNow(store.getState().model, 4_000)).toBeNull()
  })

  it('[SCR-32] begins in the university’s language, and keeps the one that a visitor chose', () => {
    const { store, publish, actions } = makeWorld(() => Promise.resolve(refuse({ why: 'internal' })))
    publish('kiosk', { ...enrolled, assignment: { ...assignment, locale: 'sl' } })
    expect(store.getState().session.settings.locale).toBe('sl')
    actions.change({ locale: 'zh-TW' })
    publish('kiosk', { ...enrolled, assignment: { ...assignment, locale: 'en' } })
    expect(store.getState().session.settings.locale).toBe('zh-TW')
    actions.startOver()
    expect(store.getState().session.settings.locale).toBe('en')
  })

  it('[LNG-4] speaks another language where it has not the one that it was told, the university’s before English', () => {
    const { store, publish } = makeWorld(() => Promise.resolve(refuse({ why: 'internal' })))
    const spoken = (locale: string, language?: string): string => {
      const screen = language === undefined ? {} : { screen: { language } }
      publish('kiosk', { ...enrolled, ...screen, assignment: { ...assignment, locale } })
      return store.getState().session.settings.locale
    }
    expect(spoken('tlh')).toBe('en')
    expect(spoken('sl-SI')).toBe('sl')
    expect(spoken('sl', 'tlh')).toBe('sl')
    expect(spoken('tlh', 'zh-Hant')).toBe('zh-TW')
    expect(spoken('sl', 'no language')).toBe('sl')
  })

  it('[KSK-33] starts as the device’s configuration says, and returns to that', () => {
    const { store, clock, publish, actions } = makeWorld(() => Promise.resolve(refuse({ why: 'internal' })))
    publish('kiosk', { ...enrolled, screen: { language: 'zh-TW', theme: 'contrast', reach: true } })
    const start = { locale: 'zh-TW', isHighContrast: true, isDark: false, isReach: true, isLargeText: false }
    expect(store.getState().session.settings).toEqual(start)
    clock.elapsedMs = 10 * 3_600_000
    tick(store, clock.elapsedMs)
    expect(store.getState().session.overlay).toBeNull()
    actions.change({ isReach: false, locale: 'en' })
    actions.startOver()
    expect(store.getState().session.settings).toEqual(start)
  })

  it.each(['isLargeText', 'isHighContrast', 'isDark', 'isReach'] as const)(
    '[SCR-32] keeps %s as its visitor chose it, whatever the engine says, and follows it in all else',
    (key) => {
      const { store, publish, actions } = makeWorld(() => Promise.resolve(refuse({ why: 'internal' })))
      const settings = () => store.getState().session.settings
      publish('kiosk', { ...enrolled, screen: { theme: 'light' } })
      const before = settings()
      actions.change({ [key]: !before[key] })
      for (const kioskName of ['Door', 'Renamed', 'Renamed again']) {
        publish('kiosk', {
          ...enrolled,
          screen: { theme: 'light' },
          assignment: { ...assignment, kioskName, locale: 'sl' },
        })
        expect(settings()).toEqual({ ...before, locale: 'sl', [key]: !before[key] })
      }
      actions.startOver()
      publish('kiosk', { ...enrolled, screen: { theme: 'dark', reach: true } })
      expect(settings()).toMatchObject({ isDark: true, isReach: true, isHighContrast: false })
      publish('kiosk', { ...enrolled, screen: { theme: 'contrast' } })
      expect(settings()).toMatchObject({ isDark: false, isReach: false, isHighContrast: true })
    },
  )
})

describe('a report', () => {
  it('[SCR-35] thanks after the engine has it, may be undone for the time the engine gives, and then asks again', async () => {
    const calls: unknown[] = []
    const { store, clock, actions } = makeWorld(((name: string, input: unknown) => {
      calls.push([name, input])
      return Promise.resolve(accept({ mutationId: 7, undoForMs: 5_000, isRepeat: false }))
    }) as Bridge['call'])
    const reported = actions.report(1, 2)
    expect(store.getState().session.report).toMatchObject({ step: 'saving', spaceId: 1, level: 2 })
    await reported
    expect(store.getState().session.report).toMatchObject({
      step: 'thanks',
      mutationId: 7,
      undoUntilMs: 5_000,
    })
    await actions.undo()
    expect(calls).toEqual([
      ['reportOccupancy', { spaceId: 1, level: 2 }],
      ['withdrawReport', { mutationId: 7 }],
    ])
    clock.elapsedMs = 3_000
    tick(store, clock.elapsedMs)
    expect(store.getState().session.report).toEqual({ step: 'ask' })
  })

  it('[BRG-1] [KSK-17] shows a refusal of the engine, and says that it is not certain what a broken bridge did', async () => {
    const refusing = makeWorld(() => Promise.resolve(refuse({ why: 'outboxFull' })))
    await refusing.actions.report(1, 0)
    expect(refusing.store.getState().session.report).toMatchObject({ refusal: { why: 'outboxFull' } })
    const broken = makeWorld(() => Promise.reject(new Error('gone')))
    await broken.actions.report(1, 0)
    expect(broken.store.getState().session.report).toMatchObject({ refusal: { why: 'notConfirmed' } })
    await broken.actions.enrol('CODE')
    expect(broken.store.getState().session.enrolling.refusal).toEqual({ why: 'noAnswer' })
  })

  it('[OCC-14] a tap that repeats a report offers no undo, and says so for a while', async () => {
    const { store, clock, actions } = makeWorld(((name: string) =>
      Promise.resolve(
        name === 'reportOccupancy'
          ? accept({ mutationId: 7, undoForMs: 0, isRepeat: true })
          : refuse({ why: 'internal' }),
      )) as Bridge['call'])
    await actions.report(1, 2)
    expect(store.getState().session.report).toMatchObject({ step: 'alreadySaid', spaceId: 1, level: 2 })
    await actions.undo()
    expect(store.getState().session.report.step).toBe('alreadySaid')
    clock.elapsedMs = 5_000
    tick(store, clock.elapsedMs)
    expect(store.getState().session.report).toEqual({ step: 'ask' })
  })

  it('[SCR-4] says that a report is undone only once the engine has it', async () => {
    const answers: ((answer: unknown) => void)[] = []
    const { store, actions } = makeWorld(((name: string) =>
      name === 'reportOccupancy'
        ? Promise.resolve(accept({ mutationId: 7, undoForMs: 5_000, isRepeat: false }))
        : new Promise<unknown>((resolve) => answers.push(resolve))) as Bridge['call'])
    await actions.report(1, 2)
    const undone = actions.undo()
    expect(store.getState().session.report.step).toBe('undoing')
    await actions.undo()
    expect(answers).toHaveLength(1)
    answers[0]?.(accept({ mutationId: 8 }))
    await undone
    expect(store.getState().session.report.step).toBe('undone')
  })

  it('[SCR-4] an answer that comes late is told to whom it is for, and never to the next visitor', async () => {
    const answers: ((answer: unknown) => void)[] = []
    const { store, clock, actions } = makeWorld(
      (() => new Promise<unknown>((resolve) => answers.push(resolve))) as Bridge['call'],
    )
    const thanks = accept({ mutationId: 7, undoForMs: 5_000, isRepeat: false })
    const step = (): string => store.getState().session.report.step
    const waiting = actions.report(1, 2)
    clock.elapsedMs = 10_000
    tick(store, clock.elapsedMs)
    expect(step()).toBe('refused')
    answers[0]?.(thanks)
    await waiting
    expect(step()).toBe('thanks')

    actions.dismissReport()
    const gone = actions.report(1, 1)
    actions.startOver()
    expect(step()).toBe('ask')
    const next = actions.report(2, 0)
    answers[1]?.(thanks)
    await gone
    expect(store.getState().session.report).toMatchObject({ step: 'saving', spaceId: 2 })
    answers[2]?.(refuse({ why: 'tooFast', retryAfterMs: 1 }))
    await next
    expect(step()).toBe('refused')
  })

  it('[SYN-22] [SCR-4] a late answer to a PIN opens nothing for who came after', async () => {
    const answers: ((answer: unknown) => void)[] = []
    const { store, clock, actions } = makeWorld(
      (() => new Promise<unknown>((resolve) => answers.push(resolve))) as Bridge['call'],
    )
    const entered = actions.enterPin('1234')
    clock.elapsedMs = 20_000
    tick(store, clock.elapsedMs)
    actions.startOver()
    actions.openPinPad()
    answers[0]?.(accept({}))
    await entered
    expect(store.getState().session.overlay?.name).toBe('pinPad')
  })

  it('[SCR-33] takes a second tap on the buttons only after the first has its answer', async () => {
    const calls: string[] = []
    const { actions } = makeWorld(((name: string) => {
      calls.push(name)
      return Promise.resolve(accept({ mutationId: 1, undoForMs: 5_000, isRepeat: false }))
    }) as Bridge['call'])
    await Promise.all([actions.report(1, 0), actions.report(1, 1)])
    expect(calls).toHaveLength(1)
  })

  it('[SCR-33] takes no tap while an undo is under way, and the next after it', async () => {
    const calls: string[] = []
    const answers: ((answer: unknown) => void)[] = []
    const { store, actions } = makeWorld(((name: string) => {
      calls.push(name)
      return name === 'reportOccupancy'
        ? Promise.resolve(accept({ mutationId: 7, undoForMs: 5_000, isRepeat: false }))
        : new Promise<unknown>((resolve) => answers.push(resolve))
    }) as Bridge['call'])
    for (let round = 1; round <= 2; round += 1) {
      await actions.report(1, 2)
      const undone = actions.undo()
      await actions.report(1, 0)
      await actions.undo()
      expect(store.getState().session.report.step).toBe('undoing')
      answers.pop()?.(accept({ mutationId: 8 }))
      await undone
      expect(store.getState().session.report.step).toBe('undone')
      expect(calls.splice(0)).toEqual(['reportOccupancy', 'withdrawReport'])
    }
  })

  it('[SCR-33] [SCR-4] an answer to the first of two reports or PINs is none to the second', async () => {
    const answers: ((answer: unknown) => void)[] = []
    const { store, actions } = makeWorld(
      (() => new Promise<unknown>((resolve) => answers.push(resolve))) as Bridge['call'],
    )
    const first = actions.report(1, 2)
    actions.dismissReport()
    const second = actions.report(1, 0)
    answers[0]?.(refuse({ why: 'outboxFull' }))
    await first
    expect(store.getState().session.report).toMatchObject({ step: 'saving', level: 0 })
    answers[1]?.(accept({ mutationId: 7, undoForMs: 5_000, isRepeat: false }))
    await second
    expect(store.getState().session.report).toMatchObject({ step: 'thanks', level: 0 })
    const [wrong, right] = [actions.enterPin('1111'), actions.enterPin('2222')]
    answers[2]?.(accept({}))
    await wrong
    expect(store.getState().session.overlay?.name).toBe('pinPad')
    answers[3]?.(accept({}))
    await right
    expect(store.getState().session.overlay?.name).toBe('diagnostics')
  })
})
