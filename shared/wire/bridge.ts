import { Type, type Static } from 'typebox'
import type { Decision } from '../domain/decision.ts'
import type { Assignment, ScreenStart } from '../domain/kiosk.ts'
import { MutationId, ReportBody, type MutationRefusal } from '../domain/mutation.ts'
import type { Level } from '../domain/occupancy.ts'
import type { SpaceFacts } from '../domain/space.ts'

// The bridge between a screen and its engine: two functions, the same over Electron's IPC and over the agent's socket.

/** The most characters of a page's error that are logged. */
export const MAX_FAULT_LETTERS = 600

/** Inputs of the calls that a screen may make, by name: a closed list. Every call answers with a Decision. [BRG-1] */
export const BRIDGE_INPUTS = {
  reportOccupancy: ReportBody,
  withdrawReport: Type.Object({ mutationId: MutationId }, { additionalProperties: false }),
  enrol: Type.Object({ code: Type.String({ minLength: 1, maxLength: 64 }) }, { additionalProperties: false }),
  openDiagnostics: Type.Object(
    { pin: Type.String({ minLength: 1, maxLength: 32 }) },
    { additionalProperties: false },
  ),
  leaveFullScreen: Type.Object({}, { additionalProperties: false }),
  painted: Type.Object({ isVisible: Type.Boolean() }, { additionalProperties: false }),
  logFault: Type.Object(
    {
      kind: Type.Enum(['render', 'event', 'promise']),
      text: Type.String({ maxLength: MAX_FAULT_LETTERS }),
    },
    { additionalProperties: false },
  ),
} as const

/** How many calls a second a shell takes from a page: a finger makes at most ten taps; more is a broken page. [BRG-1] */
export const CALLS_PER_SECOND = 20

type Inputs = typeof BRIDGE_INPUTS

/**
 * Why a hub's certificate is not believed: this device's date is wrong for certain; it is not valid at this device's date,
 * which may be wrong; an authority signed it that the device does not know; it is another host's; anything else. [KSK-10] [KSK-11]
 */
export type CertificateError =
  | 'clockWrong'
  | 'certificateDate'
  | 'certificateAuthority'
  | 'certificateHost'
  | 'tls'

/** A refusal by the engine API. A closed list. [BRG-1] */
export type CallRefusal =
  | MutationRefusal
  | { why: CertificateError }
  | { why: 'unknownCall' }
  | { why: 'notEnrolled' }
  | { why: 'revoked' }
  | { why: 'tooFast'; retryAfterMs: number }
  | { why: 'outboxFull' }
  | { why: 'hubTooOld' }
  | { why: 'notSaved' }
  | { why: 'confirmedSince' }
  | { why: 'tookTooLong' }
  | { why: 'offline' }
  | { why: 'codeRefused' }
  | { why: 'hubUnreachable' }
  | { why: 'tooManyTries' }
  | { why: 'tooManyCodes' }
  | { why: 'wrongPin' }
  | { why: 'notAllowed' }
  | { why: 'internal' }

/** Outputs of the calls, by name. */
export interface BridgeOutputs {
  /**
   * The report is durable. It may be undone with this id until `undoForMs` from now has passed. `isRepeat`: it was merged with
   * an equal one just made, adds nothing, and so there is nothing to undo (0). [OCC-14]
   */
  reportOccupancy: { mutationId: number; undoForMs: number; isRepeat: boolean }
  /** The undo is durable. */
  withdrawReport: { mutationId: number }
  enrol: { kioskId: number }
  openDiagnostics: Diagnostics
  leaveFullScreen: null
  /** The page painted a frame with something on it; or says that it is hidden and will not. [SCR-3] */
  painted: null
  /** The error of the page is in the log. [SCR-2] */
  logFault: null
}

/** Name of a call. */
export type CallName = keyof Inputs
/** What a call is given. */
export type CallInput<Name extends CallName> = Static<Inputs[Name]>
/** What a call answers. */
export type CallOutput<Name extends CallName> = Decision<BridgeOutputs[Name], CallRefusal>

/** What IT sees behind the PIN. */
export interface Diagnostics {
  kioskId: number | null
  hubUrl: string
  appVersion: string
  keyGrade: string
  epoch: string | null
  cursor: number
  waitingCount: number
  rowCount: number
  /** The device's wall clock minus hub time, within ± the next; null when unknowable. */
  clockOffsetMs: number | null
  clockOffsetPlusMinusMs: number
  lastContactMs: number | null
  mismatchCount: number
  cacheResetCount: number
}

/** A plain sentence about the configuration file: what is wrong, where, and what to do. */
export interface ConfigProblem {
  /** Path inside the file, for example "hub.url". */
  at: string
  problem: string
  advice: string
}

/** Whether the kiosk has an assignment: the first thing that a screen asks; and how its screen starts, where that is configured. */
export type KioskSlice = (
  | { state: 'starting' }
  | { state: 'configError'; file: string; problems: ConfigProblem[] }
  | { state: 'storeError'; advice: 'diskFull' | 'unreadable' | 'locked' | 'tooNew' }
  | { state: 'notEnrolled'; name: string; hubUrl: string; wasRevoked: boolean }
  | { state: 'enrolled'; assignment: Assignment; movedAtMs: number | null }
) & { screen?: ScreenStart }

/** The connection to the hub, and what time it is there. Times in ms since 1970, hub time. */
export interface LinkSlice {
  status: 'connecting' | 'online' | 'offline'
  /** Hub time when this slice was sent, within ± the next; both null when unknowable: no time of the hub came since the device's boot. [SYN-40] [SYN-43] */
  hubNowMs: number | null
  hubNowPlusMinusMs: number | null
  /** Hub time of the last message from the hub. */
  lastContactMs: number | null
  /** Why it is offline, when the hub said so, or when its certificate is not believed. */
  reason: 'upgrade' | 'revoked' | 'forked' | CertificateError | null
}

/** One space as the engine folds it: confirmed rows and waiting taps. Ageing and sums are the screen's, by `shown`. */
export interface SpaceView extends SpaceFacts {
  id: number
  level: Level | null
  reportedAtMs: number | null
  /** A tap of this kiosk on it still waits for the hub. */
  isWaiting: boolean
}

/** Spaces: everything (`isWhole`), or what changed. */
export interface SpacesSlice {
  isWhole: boolean
  spaces: SpaceView[]
  gone: number[]
}

/** What this kiosk still owes the hub, and what the hub refused lately. */
export interface OutboxSlice {
  waitingCount: number
  /** Of these what people still want: without reports that were undone while they waited, and without those undos. */
  owedCount?: number
  /** The store had a fault that IT must know of, or the assignment cannot be shown. [KSK-5] */
  alarm: 'outboxReset' | 'diskFull' | 'diskFailing' | 'assignment' | null
  /** Mutations that the hub refused after the screen had confirmed them; newest last, for one minute. */
  refused: { mutationId: number; kind: string; why: MutationRefusal['why'] }[]
}

/** How often a shell says to a page that the process of its engine is not held up. [KSK-17] */
export const BEAT_EVERY_MS = 2_000

/** Without any message for so long, a page whose engine sent heartbeats before is not connected to it. [KSK-17] */
export const SILENT_ENGINE_MS = 5_000

/** A heartbeat between a shell and its page, and nothing else. [KSK-17] */
export interface BeatSlice {
  everyMs: number
}

/** All that an engine publishes to its screen, by name. On connection the newest of each is sent. */
export interface Slices {
  kiosk: KioskSlice
  link: LinkSlice
  spaces: SpacesSlice
  outbox: OutboxSlice
  /** From the shell: it comes on connection and then every two seconds. A page of the release before takes no notice. */
  beat: BeatSlice
}
/** Name of a slice. */
export type SliceName = keyof Slices

/** What a screen finds as `window.bridge`, whichever shell it runs in. */
export interface Bridge {
  call<Name extends CallName>(name: Name, input: CallInput<Name>): Promise<CallOutput<Name>>
  /** Calls back with the newest of every slice, then with each change; returns a function that ends this. */
  onSlice(listen: <Name extends SliceName>(name: Name, value: Slices[Name]) => void): () => void
}

/** The engine API that shells serve to pages: it checks every name and input by itself, and never throws. [BRG-1] */
export interface EngineApi {
  call(name: string, input: unknown): Promise<Decision<unknown, CallRefusal>>
  /** Calls back at once with the newest of every slice, then with each change; returns a function that ends this. */
  subscribe(listen: <Name extends SliceName>(name: Name, value: Slices[Name]) => void): () => void
}

/** The first word over the agent's loopback socket. [BRG-3] */
export const BridgeTokenMessage = Type.Object(
  { token: Type.String({ minLength: 1, maxLength: 128 }) },
  { additionalProperties: false },
)
export type BridgeTokenMessage = Static<typeof BridgeTokenMessage>

/** A call over the agent's loopback socket. The first message on it must be `{ token }`. [BRG-3] */
export const BridgeCallMessage = Type.Object(
  {
    id: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
    name: Type.String({ maxLength: 64 }),
    input: Type.Unknown(),
  },
  { additionalProperties: false },
)
export type BridgeCallMessage = Static<typeof BridgeCallMessage>

/** What the agent's socket answers. */
export type BridgeAnswerMessage =
  | { id: number; output: Decision<unknown, CallRefusal> }
  | { slice: SliceName; value: Slices[SliceName] }
