import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { expect, test, vi } from 'vitest'
import { readProcess } from './process-table.ts'

test('a process is known by its start as well as by its number', () => {
  const me = readProcess(process.pid)
  expect(me).toMatchObject({ pid: process.pid, command: expect.stringContaining('node') })
  expect(readProcess(process.pid)?.started).toBe(me?.started)
  expect(readProcess(process.ppid)?.started).not.toBe(me?.started)
})

test('what does not exist, and what cannot, is nothing', () => {
  expect([0, -1, 1.5, Number.NaN, 2 ** 30].map(readProcess)).toEqual([null, null, null, null, null])
})

test('a zombie is nothing', async () => {
  // The shell becomes a sleep, which never asks how its child ended.
  const parent = spawn('/bin/sh', ['-c', 'sleep 0.01 & echo $!; exec sleep 60'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const [line] = (await once(createInterface(parent.stdout), 'line')) as [string]
  await vi.waitFor(() => expect(readProcess(Number(line))).toBeNull(), { timeout: 5_000, interval: 10 })
  expect(() => process.kill(Number(line), 0)).not.toThrow()
  parent.kill('SIGKILL')
})
