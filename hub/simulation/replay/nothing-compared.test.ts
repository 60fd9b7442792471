import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, expect, test } from 'vitest'

const PROGRAM = fileURLToPath(new URL('./main.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'carrel-replay-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Run {
  code: number
  stdout: string
  stderr: string
}

async function replay(counts: string, ...more: string[]): Promise<Run> {
  const rooms = join(folder, 'rooms.csv')
  writeFileSync(rooms, 'library,room,seats\nMain,Stacks,30\n')
  const file = join(folder, `${counts.length}-${more.length}.csv`)
  writeFileSync(file, counts)
  return promisify(execFile)(process.execPath, [PROGRAM, file, '--rooms', rooms, ...more]).then(
    () => ({ code: 0, stdout: '', stderr: '' }),
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

test('one line that does not parse is said as one', async () => {
  const { stdout } = await replay('ts_unix,local_time,Stacks\n1476000000000,x,3\n')
  expect(stdout).toMatch(/^1 line, cell or column does not parse and is left out\n/)
  expect(stdout).toMatch(/^0 counts or times may be mistakes and are used as they stand\n/m)
})
