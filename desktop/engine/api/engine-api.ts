import type { Decision } from '#shared/domain/decision.ts'
import type { CallOutput, CallRefusal } from '#shared/wire/bridge.ts'
import type { EngineFailure } from '../core/core.ts'
import type { RowsOnDisk } from '../core/make-core.ts'
import type { ListenSlices } from '../screen/slice-publisher.ts'

/** A kiosk without a screen: what a shell opens, serves to its pages, and stops. */
export interface Engine {
  /** Connects to the hub, once the device is enrolled. */
  start(): void
  /** Ends the connection and closes the files. Nothing works after it. */
  stop(): void
  /** A closed list of calls, each with a checked input. Never throws, never rejects. [BRG-1] */
  call(name: string, input: unknown): Promise<Decision<unknown, CallRefusal>>
  /** Sends the newest of every slice, all spaces too, then what changes. Returns a function that ends this. [BRG-2] */
  subscribe(listen: ListenSlices): () => void
  /** What the disk holds, for a comparison with the hub. Throws what SQLite throws. */
  readRows(): RowsOnDisk
  /** The call `enrol`, for a code from the command line. */
  enrolWith(code: string): Promise<CallOutput<'enrol'>>
  /** Settles when the process is to end with exit code 70, so that its supervisor starts it again; mostly never. [KSK-1] [KSK-3] */
  readonly failed: Promise<EngineFailure>
}
