import { createHash } from 'node:crypto'
import { FaultCounts } from './fault-counts.ts'
import type { Operation } from './operations.ts'
import type { RoundAnswer } from './round-process.ts'

/** A fault that fired fewer times than this was hardly tried. */
export const LEAST_FIRED = 20

/** What every long enough run must have tried. A name that fires under another one is a line of its own. */
export const FAULTS = [
  'connection cut, frames in flight lost',
  'connection cut, frames in flight late',
  'half-open connection',
  'partition',
  'slow connection',
  'frames arrive twice',
  'frame twice',
  'kiosk crash between two effects',
  'kiosk died',
  'kiosk power cut',
  'kiosk reboot',
  'suspend',
  'clock jump',
  'disk full',
  'corrupt cache',
  'disk cloned',
  'protocol one version apart',
  'hub crash between two effects',
  'hub died',
  'hub stopped',
  'torn batch: committed, nobody notified',
  'database connection cut',
  'connection broke',
  'backup',
  'hub restored to yesterday',
  'space added',
  'space deleted under taps',
  'space moved under taps',
  'leaf gets a child under taps',
  'kiosk moved',
  'kiosk revoked',
  'call of a person',
  'call of a person again under its key',
  'call of a person again, its fate unknown',
  'level corrected by a person',
  'setting by staff',
  'setting by staff, its commit torn',
] as const

/** What all rounds of a run came to. */
export class Totals {
  readonly counts = new FaultCounts()
  virtualMs = 0
  passed = 0
  failed = 0
  private readonly traces: string[] = []

  add(result: RoundAnswer): void {
    this.counts.add(result)
    this.virtualMs += result.virtualMs
    this.traces.push(result.trace)
    if (result.faults.length === 0) this.passed += 1
    else this.failed += 1
  }

  /** Lines for a person: speed, faults, share under fault. */
  describe(elapsedMs: number): string[] {
    const { operations, operationsUnderFault, fired } = this.counts
    const share = operations === 0 ? 0 : operationsUnderFault / operations
    return [
      `${operations} operations, ${Math.round((operations / elapsedMs) * 1000)} per second; ${Math.round(this.virtualMs / 1000)} s of virtual time, ${(this.virtualMs / elapsedMs).toFixed(1)} times real time`,
      `${(share * 100).toFixed(1)} % of the operations while a fault was active`,
      ...FAULTS.map((name) => `  ${String(fired.get(name) ?? 0).padStart(6)}  ${name}`),
    ]
  }

  /** The same for the same seed, whatever the machine. */
  traceHash(): string {
    return createHash('sha256').update(this.traces.join()).digest('hex').slice(0, 16)
  }

  /** What a run did not try enough; only runs of full length are held to it. */
  shortcomings(): string[] {
    const { operations, operationsUnderFault, fired } = this.counts
    const rare = FAULTS.filter((name) => (fired.get(name) ?? 0) < LEAST_FIRED).map(
      (name) => `"${name}" fired ${fired.get(name) ?? 0} times, ${LEAST_FIRED} are needed`,
    )
    return operationsUnderFault * 2 >= operations
      ? rare
      : [...rare, 'fewer than half of the operations were done while a fault was active']
  }
}

/** A shrunk list of operations as it can be read and played again. */
export function describeOperations(operations: readonly Operation[]): string[] {
  return operations.map(({ kind, a, b, c }, index) => `  ${index}: ${kind} ${a} ${b} ${c}`)
}
