import { expect, it } from 'vitest'
import { accept, refuse } from '#shared/domain/decision.ts'
import type { CallOutput } from '#shared/wire/bridge.ts'
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
