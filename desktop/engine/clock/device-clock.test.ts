import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { makeDeviceClock } from './device-clock.ts'

describe('the device’s clock', () => {
  it('[OCC-7] counts from the machine’s boot, under one name for all processes', () => {
    const clock = makeDeviceClock()
    // The program was started after the machine.
    expect(clock.elapsedMs()).toBeGreaterThan(process.uptime() * 1000)
    if (process.platform === 'linux') {
      const [seconds = ''] = readFileSync('/proc/uptime', 'utf8').split(' ')
      expect(Math.abs(clock.elapsedMs() - Number(seconds) * 1000)).toBeLessThan(10_000)
    }
    if (process.platform === 'linux') expect(clock.resolutionMs).toBe(10)
    expect(clock.bootId.length).toBeGreaterThan(8)
    expect(clock.bootId.length).toBeLessThanOrEqual(64)
    if (process.platform === 'linux') expect(makeDeviceClock().bootId).toBe(clock.bootId)
  })

  it('calls back once, and not at all when cancelled', async () => {
    const clock = makeDeviceClock()
    const called: string[] = []
    clock.after(0, () => called.push('cancelled'))()
    clock.after(1, () => called.push('cancelled'))()
    clock.after(0, () => called.push('soon'))
    await new Promise<void>((resolve) => clock.after(5, resolve))
    expect(called).toEqual(['soon'])
  })
})
