import { describe, expect, it } from 'vitest'
import { accept } from '#shared/domain/decision.ts'
import * as wire from '#shared/wire/bridge.ts'
import type { Bridge } from '#shared/wire/bridge.ts'
import { faultText, listenForFaults, makeFaultReporter } from './faults.ts'
import { MAX_FAULT_LETTERS } from '../common/limits.ts'

function makeBridge(answer: () => Promise<unknown>): { bridge: Bridge; calls: unknown[] } {
  const calls: unknown[] = []
  const call = ((name: string, input: unknown) => {
    calls.push([name, input])
    return answer()
  }) as Bridge['call']
  return { bridge: { call, onSlice: () => () => undefined }, calls }
}

describe('faults of the page', () => {
  it('[SCR-2] are told to the engine, also when that fails, and no more than a few a minute', async () => {
    const clock = { nowMs: 0 }
    const { bridge, calls } = makeBridge(() => Promise.reject(new Error('away')))
    const tell = makeFaultReporter(bridge, () => clock.nowMs)
    tell('event', 'a text')
    expect(calls).toEqual([['logFault', { kind: 'event', text: 'a text' }]])
    for (let round = 0; round < 100; round += 1) tell('event', new Error('again'))
    expect(calls).toHaveLength(6)
    clock.nowMs = 60_000
    tell('promise', null)
    expect(calls.at(-1)).toEqual(['logFault', { kind: 'promise', text: 'null' }])
    await Promise.resolve()
  })

  it('[SCR-2] say what and where, and are never longer than the bridge lets', () => {
    expect(faultText(new RangeError('Invalid time zone specified: Mars/Olympus'))).toMatch(
      /^RangeError: Invalid time zone specified: Mars\/Olympus \(at .*faults\.test\.ts/,
    )
    expect(faultText('x'.repeat(10_000))).toHaveLength(MAX_FAULT_LETTERS)
    expect(faultText(Object.create(null))).toBe('a value that cannot be written')
    expect(MAX_FAULT_LETTERS).toBe(wire.MAX_FAULT_LETTERS)
  })

  it('[SCR-2] are heard in handlers and in promises', () => {
    const window = new EventTarget() as unknown as Window
    const { bridge, calls } = makeBridge(() => Promise.resolve(accept(null)))
    listenForFaults(
      window,
      makeFaultReporter(bridge, () => 0),
    )
    const event = (name: string, facts: object): Event => Object.assign(new Event(name), facts)
    window.dispatchEvent(event('error', { error: null, message: 'Script error.' }))
    window.dispatchEvent(event('unhandledrejection', { reason: 'no' }))
    expect(calls).toEqual([
      ['logFault', { kind: 'event', text: 'Script error.' }],
      ['logFault', { kind: 'promise', text: 'no' }],
    ])
  })
})
