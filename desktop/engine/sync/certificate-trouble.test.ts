import { describe, expect, it } from 'vitest'
import { certificateTroubleOf, judgeDate } from './certificate-trouble.ts'
import { makeDeviceClock } from '../clock/device-clock.ts'
import { keepEnrolling } from '../process/enrol-with-retries.ts'
import { makePostEnrolment } from './post-enrolment.ts'
import {
  EXPIRED_CERTIFICATE,
  FUTURE_CERTIFICATE,
  TEST_CERTIFICATE,
  TEST_KEY,
} from '../testing/certificates.ts'
import { openBench, openLiveBench } from '../testing/test-engine.ts'
import { startTestHub } from '../testing/test-hub.ts'
import { makeWsDial } from './websocket-connection.ts'

const HOUR_MS = 3_600_000
const YEAR_2018 = Date.UTC(2018, 0, 1)

async function openAt(certificate: string, ca: string | null = certificate) {
  const hub = await startTestHub({ cert: certificate, key: TEST_KEY })
  const bench = openBench({
    options: {
      config: { name: 'Floor', hub: { url: hub.url } },
      clock: makeDeviceClock(),
      dial: makeWsDial(ca),
      post: makePostEnrolment(ca),
    },
  })
  return { hub, bench }
}

describe('a certificate that does not fit the date', () => {
  it('[KSK-10] is told as a matter of date and time where a code is entered', async () => {
    for (const [certificate, why] of [
      [FUTURE_CERTIFICATE, 'clockWrong'],
      [EXPIRED_CERTIFICATE, 'certificateDate'],
    ] as const) {
      const { bench } = await openAt(certificate)
      expect(await bench.engine.call('enrol', { code: 'A' })).toEqual({ ok: false, refusal: { why } })
      bench.engine.stop()
    }
  })

  it('[KSK-10] is told on the line too, taps wait, and are pushed once it fits', async () => {
    const { hub, bench } = await openAt(TEST_CERTIFICATE, TEST_CERTIFICATE + FUTURE_CERTIFICATE)
    await bench.engine.enrolWith('CODE')
    await expect.poll(() => bench.seen.link?.status, { timeout: 20_000 }).toBe('online')
    hub.takeCertificate({ cert: FUTURE_CERTIFICATE, key: TEST_KEY })
    for (const socket of hub.sockets) socket.terminate()
    await expect.poll(() => bench.seen.link?.status, { timeout: 20_000 }).toBe('offline')
    // By the hub's time, heard in this boot, the device's date is right.
    expect(bench.seen.link?.reason).toBe('certificateDate')
    expect(await bench.engine.call('reportOccupancy', { spaceId: 3, level: 1 })).toMatchObject({ ok: true })
    expect(hub.pushed).toEqual([])
    hub.takeCertificate({ cert: TEST_CERTIFICATE, key: TEST_KEY })
    await expect.poll(() => hub.pushed, { timeout: 40_000 }).toEqual([1])
    expect(bench.seen.link).toMatchObject({ status: 'online', reason: null })
    bench.engine.stop()
  }, 90_000)

  it('[KSK-10] [SYN-20] lets a code be tried again until the clock is set, and says what to do', async () => {
    const { hub, bench } = await openAt(FUTURE_CERTIFICATE, TEST_CERTIFICATE + FUTURE_CERTIFICATE)
    const said: string[] = []
    const end = keepEnrolling(
      { engine: bench.engine, clock: makeDeviceClock(), say: (one) => said.push(one) },
      'A',
    )
    await expect.poll(() => said.length, { timeout: 20_000 }).toBe(2)
    expect(said[1]).toMatch(/^The date or time of this device is wrong.* is tried again\.$/)
    hub.takeCertificate({ cert: TEST_CERTIFICATE, key: TEST_KEY })
    await expect.poll(() => said.at(-1), { timeout: 20_000 }).toBe('enrolled as kiosk 7')
    end()
    bench.engine.stop()
  }, 60_000)

  it('[KSK-10] says for certain that the device is wrong where the hub’s time says so', async () => {
    const bench = await openLiveBench()
    bench.clock.wallErrorMs = -9 * 365 * 24 * HOUR_MS
    bench.hub.cut('certificateDate')
    expect(bench.seen.link).toMatchObject({ status: 'offline', reason: 'clockWrong' })
    bench.engine.stop()
    const facts = { wallMs: YEAR_2018, offsetMs: null, lastContactMs: null }
    const expired = Object.assign(new Error('expired'), { code: 'CERT_HAS_EXPIRED' })
    expect(certificateTroubleOf(expired, YEAR_2018)).toBe('clockWrong')
    expect(judgeDate('certificateDate', { ...facts, lastContactMs: YEAR_2018 + 2 * HOUR_MS })).toBe(
      'clockWrong',
    )
    expect(judgeDate('certificateDate', facts)).toBe('certificateDate')
    expect(judgeDate('clockWrong', { ...facts, offsetMs: 1_000 })).toBe('certificateDate')
    expect(judgeDate('certificateHost', { ...facts, offsetMs: 99 * HOUR_MS })).toBe('certificateHost')
  })
})

describe('a certificate that does not fit the hub', () => {
  it('[KSK-11] is told as another authority’s or another host’s, where a code is entered and on the line', async () => {
    const { bench } = await openAt(TEST_CERTIFICATE, null)
    expect(await bench.engine.call('enrol', { code: 'A' })).toEqual({
      ok: false,
      refusal: { why: 'certificateAuthority' },
    })
    bench.engine.stop()
    for (const reason of ['certificateAuthority', 'certificateHost', 'tls'] as const) {
      const live = await openLiveBench()
      live.hub.cut(reason)
      expect(live.seen.link).toMatchObject({ status: 'offline', reason })
      live.engine.stop()
    }
  })

  it('[KSK-11] every word of OpenSSL’s for it is known', () => {
    const told = (code: string) => certificateTroubleOf(Object.assign(new Error(code), { code }), Date.now())
    for (const code of [
      'SELF_SIGNED_CERT_IN_CHAIN',
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      'DEPTH_ZERO_SELF_SIGNED_CERT',
      'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
      'UNABLE_TO_GET_ISSUER_CERT',
    ])
      expect(told(code)).toBe('certificateAuthority')
    expect(told('ERR_TLS_CERT_ALTNAME_INVALID')).toBe('certificateHost')
    expect(told('CERT_NOT_YET_VALID')).toBe('clockWrong')
    expect(told('CERT_REVOKED')).toBe('tls')
    for (const code of ['ECONNREFUSED', 'ENOTFOUND', 'ECONNRESET']) expect(told(code)).toBeNull()
  })
})
