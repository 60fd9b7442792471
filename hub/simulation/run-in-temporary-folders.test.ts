import { spawn, type ChildProcess } from 'node:child_process'
import { chmodSync, globSync, mkdtempSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { TEST_MEMORY_VARIABLE } from '../platform/postgres/testing.ts'

// What Ctrl-C leaves of a program: real processes, started as `npm run` starts them, interrupted as a terminal does it.

const LAUNCHER = fileURLToPath(new URL('../../build/run.mjs', import.meta.url))
/** Where others have the cores, each start takes many times as long. */
const TIMEOUT_MS = 120_000
const ROOM_COUNT = 12

let folder: string
let disk: string
let memory: string
let program: ChildProcess | null = null
let printed = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'carrel-interrupted-'))
  disk = join(folder, 'disk')
  memory = join(folder, 'memory')
  for (const made of [disk, memory]) mkdirSync(made)
  // As root, a database's own user works there too.
  for (const made of [folder, disk, memory]) chmodSync(made, 0o755)
  printed = ''
})

afterEach(() => {
  if (program !== null && isGroupAlive(program)) process.kill(-(program.pid ?? 0), 'SIGKILL')
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
})

function isGroupAlive({ pid }: ChildProcess): boolean {
  try {
    return pid !== undefined && process.kill(-pid, 0)
  } catch {
    return false
  }
}

/** Starts `npm run <args>` as the leader of a group of its own, like a command that is typed at a terminal. */
function start(args: readonly string[]): ChildProcess {
  const { CARREL_IN_TEMPORARY_FOLDERS: _inside, ...env } = process.env
  const child = spawn(process.execPath, [LAUNCHER, ...args], {
    detached: true,
    env: { ...env, TMPDIR: disk, [TEST_MEMORY_VARIABLE]: memory },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data: Buffer) => (printed += data.toString()))
  program = child
  return child
}

function startReplay(): ChildProcess {
  const names = Array.from({ length: ROOM_COUNT }, (_, room) => `R${room}`)
  const lines = Array.from({ length: 200 }, (_, line) =>
    [1_476_000_000 + line * 60, `t${line}`, ...names.map((_name, room) => (line * 7 + room * 3) % 11)].join(),
  )
  const [rooms, counts] = [join(folder, 'rooms.csv'), join(folder, 'counts.csv')]
  writeFileSync(rooms, `room,seats\n${names.map((name) => `${name},10\n`).join('')}`)
  writeFileSync(counts, `ts_unix,local_time,${names.join()}\n${lines.join('\n')}\n`)
  return start(['replay', counts, '--rooms', rooms])
}

async function until(what: string, isSo: () => boolean): Promise<void> {
  for (const endMs = performance.now() + TIMEOUT_MS / 2; !isSo(); await delay(20))
    if (performance.now() > endMs || program?.exitCode !== null) throw new Error(`${what}: never: ${printed}`)
}

/** A terminal signals the whole group, and the launcher passes its own on: what it starts is signalled twice. */
async function interrupt(child: ChildProcess): Promise<{ code: number | null; left: string[] }> {
  const ended = new Promise<number | null>((resolve) => void child.once('exit', resolve))
  process.kill(-(child.pid ?? 0), 'SIGINT')
  const code = await ended
  const left = [disk, memory].flatMap((made) => readdirSync(made)).filter((name) => name.startsWith('carrel'))
  return { code, left }
}

const exists = (pattern: string): boolean =>
  globSync(`{disk,memory}/*/${pattern}`, { cwd: folder }).length > 0

describe('Ctrl-C leaves nothing behind', () => {
  test.each<[string, () => boolean]>([
    ['before it has a database', () => exists('carrel-db-*')],
    ['while its hub starts', () => exists('carrel-hub-*/secret')],
    [
      'late among the kiosks that are enrolled',
      () => exists(`carrel-kiosks-*/room-${ROOM_COUNT - 2}/cache.db`),
    ],
    ['while counts are played', () => printed.includes('kiosks are enrolled')],
  ])('of a replay, %s', { timeout: TIMEOUT_MS }, async (what, isThere) => {
    const child = startReplay()
    await until(what, isThere)
    expect(await interrupt(child)).toEqual({ code: 130, left: [] })
  })

  test('of a bench', { timeout: TIMEOUT_MS }, async () => {
    const child = start(['bench', '--quick', '--only', 'storm'])
    await until('a hub', () => exists('carrel-bench-*/secret'))
    expect(await interrupt(child)).toEqual({ code: 130, left: [] })
  })

  test('of a proof', { timeout: TIMEOUT_MS }, async () => {
    const child = start(['prove', '--ops', '50000', '--rounds', '0', '--fuzz', '0'])
    await until('a database', () => exists('carrel-db-*/data/postmaster.pid'))
    await delay(2_000)
    expect(await interrupt(child)).toEqual({ code: 130, left: [] })
  })
})

test(
  'a program that runs in temporary folders exits as it would without them',
  { timeout: TIMEOUT_MS },
  async () => {
    const child = start(['replay', join(folder, 'none.csv'), '--rooms', join(folder, 'none.csv')])
    const code = await new Promise((resolve) => void child.once('exit', resolve))
    expect({ code, printed }).toEqual({ code: 2, printed: expect.stringContaining('none.csv') })
    expect(readdirSync(disk).filter((name) => name.startsWith('carrel'))).toEqual([])
  },
)
