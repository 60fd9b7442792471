import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import Database from 'better-sqlite3'
import { expect, onTestFinished, test, vi } from 'vitest'
import { startTestHub, type TestHub } from '../testing/test-hub.ts'
import { scratchFolder } from '../testing/scripted-hub.ts'

const PROGRAM = fileURLToPath(new URL('../testing/kiosk-process.ts', import.meta.url))

interface Line {
  slice?: string
  value?: { status?: string; alarm?: string | null; waitingCount?: number }
  answer?: { ok: boolean; refusal?: { why: string } }
  failed?: string
  code?: string
  tick?: true
}

class Kiosk {
  readonly lines: Line[] = []
  readonly child: ChildProcess
  readonly ended: Promise<number | null>

  constructor(hub: TestHub, folder: string) {
    this.child = spawn(process.execPath, [PROGRAM, hub.url, folder], { stdio: ['pipe', 'pipe', 'inherit'] })
    onTestFinished(() => void this.child.kill('SIGKILL'))
    this.ended = once(this.child, 'exit').then(([code]) => code as number | null)
    if (this.child.stdout !== null)
      createInterface({ input: this.child.stdout }).on('line', (line) =>
        this.lines.push(JSON.parse(line) as Line),
      )
  }

  /** The connection's statuses that the screen received after that many printed lines. */
  statuses(since = 0): string[] {
    return this.lines
      .slice(since)
      .flatMap(({ slice, value }) => (slice === 'link' ? [value?.status ?? ''] : []))
  }

  /** Tenths of a second from there until the screen received that status, by the kiosk's own timers. */
  tenthsUntil(status: string, since: number): number {
    const lines = this.lines.slice(since)
    const found = lines.findIndex(({ value }) => value?.status === status)
    if (found === -1) throw new Error(`"${status}" was not received`)
    return lines.slice(0, found).filter(({ tick }) => tick === true).length
  }

  isOnline(): Promise<void> {
    return until(() => this.statuses().at(-1) === 'online')
  }

  async report(spaceId: number, level: number): Promise<Line['answer']> {
    const before = this.lines.filter(({ answer }) => answer !== undefined).length
    this.child.stdin?.write(`${spaceId} ${level}\n`)
    const answers = (): Line[] => this.lines.filter(({ answer }) => answer !== undefined)
    await until(() => answers().length > before)
    return answers().at(-1)?.answer
  }
}

async function until(condition: () => boolean): Promise<void> {
  // A guard against hanging, not a promise of the kiosk: on a machine with forty tasks a start alone takes long.
  await vi.waitUntil(condition, { timeout: 90_000, interval: 20 })
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

test('[KSK-12] a process that was stopped says "connecting" before "online", and only once the hub has answered', async () => {
  const hub = await startTestHub()
  const kiosk = new Kiosk(hub, scratchFolder())
  await kiosk.isOnline()
  kiosk.child.kill('SIGSTOP')
  await pause(6_500)
  // The hub hangs, and what it said before lies unread in the kiosk's socket.
  hub.isMute = true
  const woken = kiosk.lines.length
  kiosk.child.kill('SIGCONT')
  await until(() => kiosk.statuses(woken).includes('offline'))
  expect(kiosk.statuses(woken)[0]).toBe('connecting')
  expect(kiosk.statuses(woken)).not.toContain('online')
  // The look that finds out comes once a second, and the hub has three to answer.
  expect(kiosk.tenthsUntil('connecting', woken)).toBeLessThan(15)
  expect(kiosk.tenthsUntil('offline', woken)).toBeLessThan(50)
  hub.isMute = false
  await kiosk.isOnline()
}, 180_000)

test('[KSK-12] a stopped process whose connection still lives is online again without a new connection', async () => {
  const hub = await startTestHub()
  const kiosk = new Kiosk(hub, scratchFolder())
  await kiosk.isOnline()
  const [socket] = hub.sockets
  kiosk.child.kill('SIGSTOP')
  await pause(6_500)
  const woken = kiosk.lines.length
  kiosk.child.kill('SIGCONT')
  await until(() => kiosk.statuses(woken).includes('online'))
  expect(kiosk.statuses(woken)[0]).toBe('connecting')
  expect([...hub.sockets].map((one) => one === socket)).toEqual([true])
}, 180_000)

test('[SYN-23] a hub that hangs is noticed after two missed heartbeats and half a one', async () => {
  const hub = await startTestHub()
  const kiosk = new Kiosk(hub, scratchFolder())
  await kiosk.isOnline()
  hub.isMute = true
  const muted = kiosk.lines.length
  await until(() => kiosk.statuses(muted).includes('offline'))
  // 2.5 beats of a second after the last one, which may have come just after the hub fell silent.
  expect(kiosk.tenthsUntil('offline', muted)).toBeLessThan(45)
}, 180_000)

test('[KSK-3] [KSK-4] a kiosk whose outbox breaks ends with exit code 70, and started again it has lost no tap', async () => {
  const hub = await startTestHub()
  const folder = scratchFolder()
  const first = new Kiosk(hub, folder)
  await first.isOnline()
  hub.isMute = true
  expect(await first.report(3, 1)).toMatchObject({ ok: true })
  const file = join(folder, 'outbox.db')
  const reader = new Database(file)
  reader.pragma('wal_checkpoint(TRUNCATE)')
  const page = Number(
    reader.prepare(`select rootpage from sqlite_schema where name = 'mutations_fold'`).pluck().get(),
  )
  reader.close()
  const bytes = readFileSync(file)
  bytes.fill(0x2a, (page - 1) * 4096, page * 4096)
  writeFileSync(file, bytes)
  expect(await first.report(4, 2)).toEqual({ ok: false, refusal: { why: 'notSaved' } })
  expect(await first.ended).toBe(70)
  expect(first.lines).toContainEqual({ failed: 'storeBroken' })
  const second = new Kiosk(hub, folder)
  await expect.poll(() => existsSync(`${file}.broken-1`), { timeout: 20_000 }).toBe(true)
  await expect
    .poll(() => second.lines.find(({ slice }) => slice === 'outbox')?.value, { timeout: 20_000 })
    .toMatchObject({ waitingCount: 1, alarm: 'outboxReset' })
}, 180_000)

test('[SYN-1] a kiosk that is killed in the middle of taps has each that it confirmed', async () => {
  const hub = await startTestHub()
  const folder = scratchFolder()
  const first = new Kiosk(hub, folder)
  await first.isOnline()
  hub.isMute = true
  expect(await first.report(3, 1)).toMatchObject({ ok: true })
  expect(await first.report(4, 2)).toMatchObject({ ok: true })
  first.child.kill('SIGKILL')
  await first.ended
  hub.isMute = false
  const second = new Kiosk(hub, folder)
  await expect.poll(() => hub.pushed, { timeout: 30_000 }).toEqual(expect.arrayContaining([1, 2]))
  expect(second.lines.find(({ slice }) => slice === 'outbox')?.value?.waitingCount).toBe(2)
}, 180_000)
