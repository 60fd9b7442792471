import { createServer, type AddressInfo } from 'node:net'
import { describe, expect, test } from 'vitest'
import { startTestMailbox } from './testing-mailbox.ts'
import { askMailServer, makeUtf8Check, type MailServerAnswer } from './mail-server.ts'

describe('[IDN-18] a mail server', () => {
  test('is asked whether it takes addresses beyond ASCII', async () => {
    const [any, ascii] = [await startTestMailbox(), await startTestMailbox({ isAsciiOnly: true })]
    expect(await askMailServer(any.url)).toEqual({ ok: true, takesUtf8: true })
    expect(await askMailServer(ascii.url)).toEqual({ ok: true, takesUtf8: false })
    await any.stop()
    await ascii.stop()
  })

  test('that is away, or none, is nobody who could say', async () => {
    expect(await askMailServer('smtp://127.0.0.1:1')).toMatchObject({ ok: false })
    const rude = createServer((socket) => socket.end('go away\r\n'))
    await new Promise<void>((done) => rude.listen(0, '127.0.0.1', done))
    const { port } = rude.address() as AddressInfo
    expect(await askMailServer(`smtp://127.0.0.1:${port}`)).toMatchObject({ ok: false })
    await new Promise((done) => rude.close(done))
  })

  test('is asked once for many, believed for ten minutes, and soon again when it was away', async () => {
    let [nowMs, asked] = [0, 0]
    const answers: MailServerAnswer[] = [
      { ok: false, code: 'ECONNECTION' },
      { ok: true, takesUtf8: true },
      { ok: true, takesUtf8: false },
    ]
    const takesUtf8 = makeUtf8Check(
      async () => answers[asked++] ?? { ok: false, code: 'ENOUGH' },
      () => nowMs,
    )
    expect(await Promise.all([takesUtf8(), takesUtf8(), takesUtf8()])).toEqual([null, null, null])
    nowMs = 14_000
    expect([await takesUtf8(), asked]).toEqual([null, 1])
    nowMs = 16_000
    expect([await takesUtf8(), asked]).toEqual([true, 2])
    nowMs += 599_000
    expect([await takesUtf8(), asked]).toEqual([true, 2])
    nowMs += 2_000
    expect([await takesUtf8(), asked]).toEqual([false, 3])
  })
})
