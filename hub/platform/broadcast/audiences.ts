import type { AudienceDependencies } from './audience-member.ts'
import type { CommitResult } from '../writer/batch.ts'
import { Audience } from './fan-out.ts'

/** An audience that nobody listens in is kept for so long: many kiosks leave only to come back. [SYN-37] */
export const UNHEARD_MS = 60_000

/** The audiences of one sort at this hub, one for each university that somebody listens for, or did a minute ago. */
export class Audiences {
  private readonly dependencies: AudienceDependencies
  private readonly byUniversity = new Map<number, Audience>()
  /** Since when nobody listens in some audiences, elapsed ms. */
  private readonly emptySinceMs = new Map<Audience, number>()

  constructor(dependencies: AudienceDependencies) {
    this.dependencies = dependencies
  }

  /** The audience of a university; the first to ask makes it. */
  of(universityId: number): Audience {
    const known = this.byUniversity.get(universityId)
    // Whoever asks is about to join.
    if (known !== undefined) this.emptySinceMs.delete(known)
    if (known !== undefined) return known
    const audience = new Audience(this.dependencies, universityId)
    this.byUniversity.set(universityId, audience)
    return audience
  }

  universityIds(): number[] {
    return [...this.byUniversity.keys()]
  }

  committed(universityId: number, committed: CommitResult): void {
    this.byUniversity.get(universityId)?.committed(committed)
  }

  noticeHead(universityId: number, head: number, epoch: string | null): void {
    this.byUniversity.get(universityId)?.noticeHead(head, epoch)
  }

  /** Ends connections that have stalled in all audiences; answers how many connections are behind. Called about once a second. */
  endStalled(): number {
    let behindCount = 0
    for (const audience of this.byUniversity.values()) behindCount += audience.endStalled()
    return behindCount
  }

  /** Drops audiences, with their mirrors and what was kept of frames, where nobody listened for a minute: their heads are polled no more. Called about once a second. [SYN-37] */
  dropUnheard(): void {
    const nowMs = this.dependencies.clock.elapsedMs()
    for (const [universityId, audience] of this.byUniversity) {
      if (!audience.isEmpty()) this.emptySinceMs.delete(audience)
      else if (!this.emptySinceMs.has(audience)) this.emptySinceMs.set(audience, nowMs)
      else if (nowMs - (this.emptySinceMs.get(audience) ?? nowMs) >= UNHEARD_MS) {
        audience.stop()
        this.emptySinceMs.delete(audience)
        this.byUniversity.delete(universityId)
      }
    }
  }

  stop(): void {
    for (const audience of this.byUniversity.values()) audience.stop()
  }
}
