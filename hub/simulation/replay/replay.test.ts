import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, expect, test } from 'vitest'
import { makeCacheTables } from '../../../desktop/engine/store/cache-tables.ts'
import { openSqlite } from '../../../desktop/engine/store/sqlite.ts'
import { compareCache, emptyComparison } from './compare.ts'

const PROGRAM = fileURLToPath(new URL('./main.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'carrel-replay-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Run {
  code: number
  stdout: string
  stderr: string
}

async function replay(counts: string | Buffer, ...more: string[]): Promise<Run> {
  const rooms = join(folder, 'rooms.csv')
  writeFileSync(rooms, 'library,room,seats\nMain,Stacks,30\n')
  const file = join(folder, `${counts.length}-${more.length}.csv`)
  writeFileSync(file, counts)
  return promisify(execFile)(process.execPath, [PROGRAM, file, '--rooms', rooms, ...more]).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: unknown) => error as Run,
  )
}

test.each<[string, string, string[]]>([
  ['an empty file', '', []],
  ['a header alone', 'ts_unix,local_time,Stacks\n', []],
  ['another delimiter', 'ts_unix;local_time;Stacks\n100;x;3\n', []],
  ['times in milliseconds', 'ts_unix,local_time,Stacks\n1476000000000,x,3\n', []],
  ['an end before the beginning', 'ts_unix,local_time,Stacks\n1476000000,x,3\n', ['--until', '1470000000']],
])('a comparison of nothing is a failure: %s', async (_, counts, more) => {
  const { code, stderr } = await replay(counts, ...more)
  expect(code).toBe(2)
  expect(stderr).toMatch(/has no count .*of any of these rooms/)
})

test('counts that are replayed are found again in the database, in kiosks’ files and on their screens, in UTF-16 too', async () => {
  const counts = 'ts_unix,local_time,Stacks\n1476000000,x,3\n1476003600,x,29\n'
  for (const written of [counts, Buffer.from(`\ufeff${counts}`, 'utf16le')]) {
    const { code, stdout } = await replay(written)
    expect(stdout).toMatch(/2 of 2 changes of level stored, each once: all agree$/m)
    expect(code).toBe(0)
  }
}, 240_000)

test('a level or a space that a kiosk’s file has otherwise is named', () => {
  const file = join(folder, 'cache.db')
  const sqlite = openSqlite(file, 'disposable')
  makeCacheTables(sqlite)
  const insert = sqlite.prepare('insert into rows_spaces (id, clock, hot, body) values (?, 1, ?, ?)')
  insert.run(1, null, '{"parentId":null}')
  insert.run(2, '{"level":2}', '{"parentId":1}')
  sqlite.close()
  const room = {
    path: ['Main', 'Stacks'],
    isRoom: true,
    seats: 30,
    knownRooms: 1,
    freeRooms: 0,
    roomCount: 1,
  }
  const compared = (level: 1 | 2, pathOf: [number, string][]): string[] => {
    const into = emptyComparison()
    const spaces = new Map([['Stacks', { ...room, level, meanMillionths: level * 1_000_000 }]])
    compareCache(into, 'door', file, new Map(pathOf), spaces)
    return into.faults
  }
  const paths: [number, string][] = [
    [1, 'Main'],
    [2, 'Stacks'],
  ]
  expect(compared(2, paths)).toEqual([])
  expect(compared(1, paths)).toHaveLength(1)
  expect(compared(2, [...paths, [3, 'Attic']])).toEqual(['cache of door: 1 spaces are missing'])
})

test('one line that does not parse is said as one', async () => {
  const { stdout } = await replay('ts_unix,local_time,Stacks\n1476000000000,x,3\n')
  expect(stdout).toMatch(/^1 line, cell or column does not parse and is left out\n/)
  expect(stdout).toMatch(/^0 counts or times may be mistakes and are used as they stand\n/m)
})
