import { MAX_PART_BYTES, type ChangedRows } from '#shared/wire/messages.ts'

/** Changed rows, serialised once, as frames of a snapshot (`from` null) or of changes. */
export interface FrameChunks {
  from: number | null
  to: number
  /** UTF-8 of one message each; at most MAX_PART_BYTES, unless a single row is larger. */
  buffers: Buffer[]
  byteCount: number
  /**
   * The same for kiosks that refuse texts in other languages: made when the first of them wants it, and the very same bytes
   * where no row has any. [TXT-5]
   */
  buffersWithoutTexts(): Buffer[]
}

/** Room for everything of a part but its rows. */
const ENVELOPE_BYTES = 512

type Lists = { rows: string[]; levels: string[]; gone: string[] }

/** Cuts rows into the parts of one snapshot or catch-up; with nothing changed it is one empty part. [SYN-9] */
export function makeFrameChunks(
  epoch: string,
  from: number | null,
  to: number,
  changes: ChangedRows,
): FrameChunks {
  const chunks: Lists[] = [{ rows: [], levels: [], gone: [] }]
  let room = MAX_PART_BYTES - ENVELOPE_BYTES
  const put = (list: keyof Lists, items: readonly unknown[]): void => {
    for (const item of items) {
      const text = JSON.stringify(item)
      const size = Buffer.byteLength(text) + 1
      if (size > room) {
        chunks.push({ rows: [], levels: [], gone: [] })
        room = MAX_PART_BYTES - ENVELOPE_BYTES
      }
      room -= size
      chunks.at(-1)?.[list].push(text)
    }
  }
  put('rows', changes.rows)
  put('levels', changes.levels)
  put('gone', changes.gone)
  const start = from === null ? '{"type":"snapshot"' : `{"type":"changes","from":${from}`
  const head = `${start},"epoch":${JSON.stringify(epoch)},"to":${to},"parts":${chunks.length}`
  const buffers = chunks.map(({ rows, levels, gone }, index) =>
    Buffer.from(
      `${head},"part":${index + 1},"changes":{"rows":[${rows.join(',')}],"levels":[${levels.join(',')}],"gone":[${gone.join(',')}]}}`,
    ),
  )
  const byteCount = buffers.reduce((sum, { length }) => sum + length, 0)
  const made: { withoutTexts: Buffer[] | null } = { withoutTexts: hasTexts(changes) ? null : buffers }
  return {
    from,
    to,
    buffers,
    byteCount,
    buffersWithoutTexts: () => (made.withoutTexts ??= buffers.map(withoutTexts)),
  }
}

function hasTexts({ rows }: ChangedRows): boolean {
  return rows.some(({ facts }) => facts.texts !== undefined)
}

/** Out of the bytes, so that no frame has to keep its rows for kiosks that may never ask. */
function withoutTexts(buffer: Buffer): Buffer {
  const message = JSON.parse(buffer.toString()) as { changes: ChangedRows }
  for (const { facts } of message.changes.rows) delete facts.texts
  return Buffer.from(JSON.stringify(message))
}

/** The buffers of a frame that a member takes. */
export function buffersFor(
  frame: Pick<FrameChunks, 'buffers' | 'buffersWithoutTexts'>,
  { takesTexts }: { takesTexts: boolean },
): Buffer[] {
  return takesTexts ? frame.buffers : frame.buffersWithoutTexts()
}
