import { MAX_PART_BYTES, type ChangedRows } from '#shared/wire/messages.ts'

/** Changed rows, serialised once, as frames of a snapshot (`from` null) or of changes. */
export interface FrameChunks {
  from: number | null
  to: number
  /** UTF-8 of one message each; at most MAX_PART_BYTES, unless a single row is larger. */
  buffers: Buffer[]
  byteCount: number
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
  return { from, to, buffers, byteCount: buffers.reduce((sum, { length }) => sum + length, 0) }
}
