import type { Decision } from '#shared/domain/decision.ts'
import type { CallOutput, CallRefusal } from '#shared/wire/bridge.ts'
import type { EngineFailure } from '../core/core.ts'
import type { RowsOnDisk } from '../core/make-core.ts'
import type { ListenSlices } from '../screen/slice-publisher.ts'

/** A kiosk without a screen. */
export interface Engine {
  /** Dials the hub, once the device is a kiosk. */
  start(): void
  /** Ends the line and closes the files. Nothing works after it. */
  stop(): void
  /** The engine's door: a closed list of calls, each with a checked input. Never throws. [BRG-1] */
  call(name: string, input: unknown): Promise<Decision<unknown, CallRefusal>>
  /** Sends the newest of every slice, spaces whole, then what changes. Returns a function that ends this. [BRG-2] */
  subscribe(listen: ListenSlices): () => void
  readRows(): RowsOnDisk
  /** The call `enrol`, for a code from the command line. */
  enrolWith(code: string): Promise<CallOutput<'enrol'>>
  /** Settles when the process is to end with exit code 70, so that its supervisor starts it anew; mostly never. [KSK-1] [KSK-3] */
  readonly failed: Promise<EngineFailure>
}
