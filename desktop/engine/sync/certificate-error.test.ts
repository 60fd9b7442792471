import { describe, expect, it } from 'vitest'
import { certificateErrorOf, refineDateError } from './certificate-error.ts'
import { makeDeviceClock } from '../clock/device-clock.ts'
import { enrolWithRetries } from '../process/enrol-with-retries.ts'
import { makePostEnrolment } from './post-enrolment.ts'
import {
  EXPIRED_CERTIFICATE,
  FUTURE_CERTIFICATE,
  TEST_CERTIFICATE,
  TEST_KEY,
} from '../testing/certificates.ts'
import { openTestKiosk, openLiveTestKiosk } from '../testing/test-engine.ts'
import { startTestHub } from '../testing/test-hub.ts'
import { makeWebSocketConnect } from './websocket-connection.ts'

const HOUR_MS = 3_600_000
const YEAR_2018 = Date.UTC(2018, 0, 1)

async function openAt(certificate: string, ca: string | null = certificate) {
  const hub = await startTestHub({ cert: certificate, key: TEST_KEY })
  const kiosk = openTestKiosk({
    options: {
      config: { name: 'Floor', hub: { url: hub.url } },
      clock: makeDeviceClock(),
      connect: makeWebSocketConnect(ca),
      postEnrolment: makePostEnrolment(ca),
    },
  })
  return { hub, bench: kiosk }
}

describe('a certificate that does not fit the date', () => {
  it('[KSK-10] is reported as a matter of date and time where a code is entered', async () => {
    for (const [certificate, why] of [
      [FUTURE_CERTIFICATE, 'clockWrong'],
      [EXPIRED_CERTIFICATE, 'certificateDate'],
    ] as const) {
      const { bench: kiosk } = await openAt(certificate)
      expect(await kiosk.engine.call('enrol', { code: 'A' })).toEqual({ ok: false, refusal: { why } })
      kiosk.engine.stop()
    }
  })

  it('[KSK-10] is reported on the connection too, taps wait, and are pushed once it fits', async () => {
    const { hub, bench: kiosk } = await openAt(TEST_CERTIFICATE, TEST_CERTIFICATE + FUTURE_CERTIFICATE)
    await kiosk.engine.enrolWith('CODE')
    await expect.poll(() => kiosk.seen.link?.status, { timeout: 20_000 }).toBe('online')
    hub.useCertificate({ cert: FUTURE_CERTIFICATE, key: TEST_KEY })
    for (const socket of hub.sockets) socket.terminate()
    await expect.poll(() => kiosk.seen.link?.status, { timeout: 20_000 }).toBe('offline')
    // By the hub's time, received in this boot, the device's date is right.
    expect(kiosk.seen.link?.reason).toBe('certificateDate')
    expect(await kiosk.engine.call('reportOccupancy', { spaceId: 3, level: 1 })).toMatchObject({ ok: true })
    expect(hub.pushed).toEqual([])
    hub.useCertificate({ cert: TEST_CERTIFICATE, key: TEST_KEY })
    await expect.poll(() => hub.pushed, { timeout: 40_000 }).toEqual([1])
    expect(kiosk.seen.link).toMatchObject({ status: 'online', reason: null })
    kiosk.engine.stop()
  }, 90_000)

  it('[KSK-10] [SYN-20] lets a code be tried again until the clock is set, and says what to do', async () => {
    const { hub, bench: kiosk } = await openAt(FUTURE_CERTIFICATE, TEST_CERTIFICATE + FUTURE_CERTIFICATE)
    const said: string[] = []
    const end = enrolWithRetries(
      { engine: kiosk.engine, clock: makeDeviceClock(), say: (one) => said.push(one) },
      'A',
    )
    await expect.poll(() => said.length, { timeout: 20_000 }).toBe(2)
    expect(said[1]).toMatch(/^The date or time of this device is wrong.* will be retried\.$/)
    hub.useCertificate({ cert: TEST_CERTIFICATE, key: TEST_KEY })
    await expect.poll(() => said.at(-1), { timeout: 20_000 }).toBe('enrolled as kiosk 7')
    end()
    kiosk.engine.stop()
  }, 60_000)

  it('[KSK-10] says for certain that the device is wrong where the hub’s time says so', async () => {
    const kiosk = await openLiveTestKiosk()
    kiosk.clock.wallErrorMs = -9 * 365 * 24 * HOUR_MS
    kiosk.hub.cut('certificateDate')
    expect(kiosk.seen.link).toMatchObject({ status: 'offline', reason: 'clockWrong' })
    kiosk.engine.stop()
    const facts = { wallMs: YEAR_2018, offsetMs: null, lastContactMs: null }
    const expired = Object.assign(new Error('expired'), { code: 'CERT_HAS_EXPIRED' })
    expect(certificateErrorOf(expired, YEAR_2018)).toBe('clockWrong')
    expect(refineDateError('certificateDate', { ...facts, lastContactMs: YEAR_2018 + 2 * HOUR_MS })).toBe(
      'clockWrong',
    )
    expect(refineDateError('certificateDate', facts)).toBe('certificateDate')
    expect(refineDateError('clockWrong', { ...facts, offsetMs: 1_000 })).toBe('certificateDate')
    expect(refineDateError('certificateHost', { ...facts, offsetMs: 99 * HOUR_MS })).toBe('certificateHost')
  })
})

describe('a certificate that does not fit the hub', () => {
  it('[KSK-11] is reported as another authority’s or another host’s, where a code is entered and on the connection', async () => {
    const { bench: kiosk } = await openAt(TEST_CERTIFICATE, null)
    expect(await kiosk.engine.call('enrol', { code: 'A' })).toEqual({
      ok: false,
      refusal: { why: 'certificateAuthority' },
    })
    kiosk.engine.stop()
    for (const reason of ['certificateAuthority', 'certificateHost', 'tls'] as const) {
      const live = await openLiveTestKiosk()
      live.hub.cut(reason)
      expect(live.seen.link).toMatchObject({ status: 'offline', reason })
      live.engine.stop()
    }
  })

  it('[KSK-11] every code of OpenSSL’s for it is known', () => {
    const told = (code: string) => certificateErrorOf(Object.assign(new Error(code), { code }), Date.now())
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
