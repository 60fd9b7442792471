import { digestText, emptyDigest, toggleRow } from '#shared/wire/digest.ts'
import type { CachedSpace } from './cache.ts'

/** The hub's rows in memory, with what is derived from them kept up to date: the digest, and the children of each space. */
export class ConfirmedRows {
  readonly byId = new Map<number, CachedSpace>()
  private readonly children = new Map<number, Set<number>>()
  private readonly xor = emptyDigest()

  get digest(): string {
    return digestText(this.xor)
  }

  /** Live children of a space. */
  childrenOf(id: number): number[] {
    return [...(this.children.get(id) ?? [])]
  }

  /** Puts one row in the place of its older version. */
  put(space: CachedSpace): void {
    const old = this.byId.get(space.id)
    this.byId.set(space.id, space)
    if (old !== undefined && !old.isGone) toggleRow(this.xor, old.id, old.clock)
    if (!space.isGone) toggleRow(this.xor, space.id, space.clock)
    const oldParent = old === undefined || old.isGone ? null : old.facts.parentId
    const newParent = space.isGone ? null : space.facts.parentId
    if (oldParent === newParent) return
    if (oldParent !== null) this.children.get(oldParent)?.delete(space.id)
    if (newParent === null) return
    const siblings = this.children.get(newParent)
    if (siblings === undefined) this.children.set(newParent, new Set([space.id]))
    else siblings.add(space.id)
  }
}
