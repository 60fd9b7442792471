import type { AudienceParts } from './audience-parts.ts'
import type { Committed } from '../writer/batch.ts'
import { Audience } from './fan-out.ts'

/** The audiences of one sort at this hub, one for each university that somebody listens for. */
export class Audiences {
  private readonly parts: AudienceParts
  private readonly byUniversity = new Map<number, Audience>()

  constructor(parts: AudienceParts) {
    this.parts = parts
  }

  /** The audience of a university; the first to ask makes it. */
  of(universityId: number): Audience {
    const known = this.byUniversity.get(universityId)
    if (known !== undefined) return known
    const audience = new Audience(this.parts, universityId)
    this.byUniversity.set(universityId, audience)
    return audience
  }

  universityIds(): number[] {
    return [...this.byUniversity.keys()]
  }

  committed(universityId: number, committed: Committed): void {
    this.byUniversity.get(universityId)?.committed(committed)
  }

  heardOf(universityId: number, head: number, epoch: string | null): void {
    this.byUniversity.get(universityId)?.heardOf(head, epoch)
  }

  /** Looks at all; answers how many sockets are behind. */
  sweep(): number {
    let behindCount = 0
    for (const audience of this.byUniversity.values()) behindCount += audience.sweep()
    return behindCount
  }

  stop(): void {
    for (const audience of this.byUniversity.values()) audience.stop()
  }
}
