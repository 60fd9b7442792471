import type { Reply } from '#shared/wire/messages.ts'
import type { Collection } from '../broadcast/collection.ts'
import type { SpacesFeed } from '../broadcast/feed-rows.ts'
import type { CommandRegistry } from '../writer/registry.ts'
import type { TenantWriter } from '../writer/tenant-writer.ts'

/** A kiosk whose proof was right. */
export interface ProvenKiosk {
  kioskId: number
  universityId: number
}

/** The new identity's id; `badKey`: what came is no key; `tooMany`: no more today; `revoked`: since its hello. */
export type ForkAnswer = number | 'badKey' | 'tooMany' | 'revoked'

/** What connections to kiosks and pages need from features. */
export interface SyncFeatures {
  commands: CommandRegistry
  /** What kiosks and pages hold beside spaces. */
  collections: readonly Collection[]
  /** The spaces that kiosks hold. */
  spacesOfKiosks: SpacesFeed
  /** The spaces that people's pages hold. */
  spacesOfPages: SpacesFeed
  /** Whether a PIN opens the diagnostics page of a kiosk's university. [SYN-22] */
  checkPin(kiosk: ProvenKiosk, pin: string, nowMs: number): Promise<Reply['answer']>
  /** Sends queued mails now: a commit queued some. Never throws. */
  kickMail(): void
  /** Gives a forked device an identity of its own. [SYN-12] */
  fork(writer: TenantWriter, proven: ProvenKiosk, publicKey: string): Promise<ForkAnswer>
}
