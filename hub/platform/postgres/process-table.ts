import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** One life of a process: a pid alone is used again, and after a restart of the machine so is its start time. */
export interface ProcessLife {
  pid: number
  /** When it started, in words that mean something only on this machine. */
  started: string
  command: string
}

/** Looks a process up. Null when there is none, or only a zombie, which holds nothing and cannot be killed. */
export function readProcess(pid: number): ProcessLife | null {
  if (!Number.isInteger(pid) || pid <= 0) return null
  return process.platform === 'linux' ? readLinuxProcess(pid) : readPosixProcess(pid)
}

function readLinuxProcess(pid: number): ProcessLife | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name in brackets may hold spaces and brackets itself; fields after it are counted from the last one.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (fields[0] === 'Z' || fields[0] === 'X') return null
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
    // Field 22 of proc(5): start time in clock ticks since the boot.
    return { pid, started: `${boot} ${fields[19] ?? ''}`, command }
  } catch {
    return null
  }
}

function readPosixProcess(pid: number): ProcessLife | null {
  try {
    const ps = (column: string): string =>
      execFileSync('ps', ['-o', `${column}=`, '-p', String(pid)], { encoding: 'utf8' }).trim()
    if (ps('stat').startsWith('Z')) return null
    return { pid, started: ps('lstart'), command: ps('command') }
  } catch {
    return null
  }
}
