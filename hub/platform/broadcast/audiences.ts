import type { AudienceDependencies } from './audience-member.ts'
import type { CommitResult } from '../writer/batch.ts'
import { Audience } from './fan-out.ts'

/** The audiences of one sort at this hub, one for each university that somebody listens for. */
export class Audiences {
  private readonly dependencies: AudienceDependencies
  private readonly byUniversity = new Map<number, Audience>()

  constructor(dependencies: AudienceDependencies) {
    this.dependencies = dependencies
  }

  /** The audience of a university; the first to ask makes it. */
  of(universityId: number): Audience {
    const known = this.byUniversity.get(universityId)
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

  stop(): void {
    for (const audience of this.byUniversity.values()) audience.stop()
  }
}
