import type { SeenCollection, SeenRow } from './collection.ts'
import { addRows, type FrameChunks, type Parts, type RowTexts } from './frame-chunks.ts'
import type { SpaceLines } from './space-lines.ts'
import { followsLine, type Taker } from './taker.ts'

/** What a frame is made of beside its spaces. */
export interface FrameRows {
  collections: ReadonlyMap<SeenCollection, readonly SeenRow[]>
  /** Spaces whose lines have other spaces in them than before this frame. 'unknown': any may. */
  reshaped: ReadonlySet<number> | 'unknown'
}

/** Rows that few are sent, by the space or person that they are of. */
type BySubject = ReadonlyMap<number, readonly string[]>

/**
 * A snapshot or changes, for all who are sent them: spaces are serialised once, so are rows of collections for the whole
 * university, and the rest is cut out for each space or person. Frames for the same of these are the same bytes. [SYN-32]
 */
export class Frame {
  readonly from: number | null
  readonly to: number
  readonly byteCount: number
  private readonly chunks: FrameChunks
  private readonly shared = new Map<SeenCollection, RowTexts>()
  private readonly narrow = new Map<SeenCollection, BySubject>()
  private readonly reshaped: FrameRows['reshaped']
  private readonly sharedParts = new Map<string, Parts>()
  private ownParts = new Map<string, Parts>()

  constructor(chunks: FrameChunks, { collections, reshaped }: FrameRows) {
    this.chunks = chunks
    this.from = chunks.from
    this.to = chunks.to
    this.reshaped = reshaped
    let byteCount = chunks.byteCount
    for (const [seen, rows] of collections) {
      if (rows.length === 0) continue
      const texts = rows.map(textOf)
      for (const text of texts) byteCount += text.length
      if (seen.scope === 'university') this.shared.set(seen, { name: seen.name, texts })
      else this.narrow.set(seen, bySubject(rows, texts))
    }
    this.byteCount = byteCount
  }

  /** The parts that somebody is sent; `lines` are those at the end of the frame. */
  buffersFor(taker: Taker, lines: SpaceLines | null): readonly Buffer[] {
    const spaces = this.chunks.inForm(taker.form)
    if (taker.collections.length === 0 || (this.shared.size === 0 && this.narrow.size === 0)) return spaces
    const shared = this.sharedParts.get(taker.sharedKey) ?? this.addShared(spaces, taker)
    if (this.narrow.size === 0 || taker.subject === null) return shared.buffers
    const own = this.ownParts.get(taker.key) ?? this.addOwn(shared, taker, lines)
    return own.buffers
  }

  /** Whether somebody's choice of rows is another one after this frame than before: then they need everything anew. [SYN-32] */
  reshapes(taker: Taker): boolean {
    if (!followsLine(taker) || taker.subject === null) return false
    return this.reshaped === 'unknown' || this.reshaped.has(taker.subject)
  }

  /** Forgets what was cut out for each space or person; who still asks gets it made again. */
  forgetOwn(): void {
    this.ownParts = new Map()
  }

  private addShared(buffers: readonly Buffer[], { collections, sharedKey }: Taker): Parts {
    const rows = collections.flatMap((seen) => this.shared.get(seen) ?? [])
    const parts = addRows({ buffers, hasRows: false }, rows)
    this.sharedParts.set(sharedKey, parts)
    return parts
  }

  private addOwn(shared: Parts, { collections, subject, key }: Taker, lines: SpaceLines | null): Parts {
    const rows = collections.flatMap((seen): RowTexts[] => {
      const texts = this.narrow.get(seen)
      if (texts === undefined || subject === null) return []
      const isLine = seen.scope === 'line' && lines !== null
      return [{ name: seen.name, texts: isLine ? inLine(texts, subject, lines) : (texts.get(subject) ?? []) }]
    })
    const parts = addRows(shared, rows)
    this.ownParts.set(key, parts)
    return parts
  }
}

/** For fewer spaces than this each is asked whether it is in a line; for more the line is gone through. */
const FEW_SPACES = 32

function inLine(texts: BySubject, spaceId: number, lines: SpaceLines): string[] {
  const spaces =
    texts.size > FEW_SPACES
      ? lines.lineOf(spaceId)
      : [...texts.keys()].filter((other) => lines.areInLine(spaceId, other))
  return spaces.flatMap((id) => texts.get(id) ?? [])
}

function bySubject(rows: readonly SeenRow[], texts: readonly string[]): BySubject {
  const made = new Map<number, string[]>()
  for (const [index, { subject }] of rows.entries()) {
    // Whose it is nobody knows: it is sent to nobody.
    if (subject === null) continue
    const list = made.get(subject)
    const text = texts[index] ?? ''
    if (list === undefined) made.set(subject, [text])
    else list.push(text)
  }
  return made
}

function textOf({ id, clock, body }: SeenRow): string {
  return JSON.stringify({ id, clock, body })
}
