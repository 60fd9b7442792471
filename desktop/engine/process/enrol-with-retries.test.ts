import { expect, it } from 'vitest'
import { accept, refuse } from '#shared/domain/decision.ts'
import type { CallOutput, CallRefusal } from '#shared/wire/bridge.ts'
import type { Engine } from '../api/engine-api.ts'
import { enrolWithRetries } from './enrol-with-retries.ts'

it('[SYN-20] where too many codes were tried from its address, the device waits a minute and tries again', async () => {
  const answers: CallOutput<'enrol'>[] = [refuse({ why: 'tooManyCodes' }), accept({ kioskId: 7 })]
  const engine = {
    enrolWith: async () => answers.shift() ?? refuse({ why: 'internal' as const }),
    subscribe: (tell: (name: string, value: unknown) => void) => {
      tell('kiosk', { state: 'notEnrolled' })
      return () => undefined
    },
  } as unknown as Pick<Engine, 'enrolWith' | 'subscribe'>
  const waits: number[] = []
  const said: string[] = []
  const clock = {
    after: (ms: number, run: () => void): (() => void) => {
      waits.push(ms)
      queueMicrotask(run)
      return () => undefined
    },
  }
  enrolWithRetries({ engine, clock, say: (sentence) => void said.push(sentence) }, 'CODE')
  await expect.poll(() => said.length).toBe(2)
  expect(waits).toEqual([60_000])
  expect(said).toEqual([
    'Too many enrolment codes were tried from this network. Enrolment will be retried in a minute.',
    'enrolled as kiosk 7',
  ])
})

/** A device whose hub answers as the test says, and whose pauses the test ends. */
function makeDevice(answer: () => CallOutput<'enrol'> | Promise<CallOutput<'enrol'>>) {
  const device = { asked: 0, waits: [] as number[], isEnrolled: false }
  const due: (() => void)[] = []
  const engine = {
    enrolWith: async () => {
      device.asked += 1
      return answer()
    },
    subscribe: (tell: (name: string, value: unknown) => void) => {
      tell('kiosk', { state: device.isEnrolled ? 'enrolled' : 'notEnrolled' })
      return () => undefined
    },
  } as unknown as Pick<Engine, 'enrolWith' | 'subscribe'>
  const clock = {
    after: (ms: number, run: () => void): (() => void) => {
      device.waits.push(ms)
      due.push(run)
      return () => void due.splice(due.indexOf(run), 1)
    },
  }
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve()
  }
  const wait = async (): Promise<void> => {
    for (const run of due.splice(0)) run()
    await settle()
  }
  const end = enrolWithRetries({ engine, clock, say: () => undefined }, 'CODE')
  return { device, settle, wait, end }
}

it('[KSK-31] pauses double up to a minute, and stay there', async () => {
  const { device, settle, wait } = makeDevice(() => refuse({ why: 'hubUnreachable' }))
  await settle()
  for (let round = 0; round < 8; round += 1) await wait()
  expect(device.waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60].map((seconds) => seconds * 1_000))
  expect(device.asked).toBe(9)
})

it('[KSK-31] a device that was enrolled at its screen meanwhile asks no more', async () => {
  const { device, settle, wait } = makeDevice(() => refuse({ why: 'hubUnreachable' }))
  await settle()
  await wait()
  device.isEnrolled = true
  await wait()
  await wait()
  expect([device.asked, device.waits.length]).toEqual([2, 2])
})

const PASSING = [
  'hubUnreachable',
  'offline',
  'tookTooLong',
  'tooManyCodes',
  'clockWrong',
  'certificateDate',
  'certificateAuthority',
  'certificateHost',
  'tls',
] as const satisfies CallRefusal['why'][]

it.each(PASSING)('[KSK-31] %s may go away by itself, the second time too', async (why) => {
  const { device, settle, wait } = makeDevice(() => refuse({ why }))
  await settle()
  await wait()
  await wait()
  expect(device.asked).toBe(3)
})

it.each(['codeRefused', 'notSaved', 'notAllowed', 'internal', 'malformed'] as const)(
  '[KSK-31] %s is final',
  async (why) => {
    const { device, settle, wait } = makeDevice(() => refuse({ why }))
    await settle()
    await wait()
    expect([device.asked, device.waits]).toEqual([1, []])
  },
)

it('[KSK-31] what was ended while the hub was asked does not go on', async () => {
  const answers: ((answer: CallOutput<'enrol'>) => void)[] = []
  const { device, settle, wait, end } = makeDevice(() => new Promise((resolve) => answers.push(resolve)))
  await settle()
  end()
  answers[0]?.(refuse({ why: 'hubUnreachable' }))
  await settle()
  await wait()
  expect([device.asked, device.waits]).toEqual([1, []])
  const waiting = makeDevice(() => refuse({ why: 'hubUnreachable' }))
  await waiting.settle()
  waiting.end()
  await waiting.wait()
  expect(waiting.device.asked).toBe(1)
})
