import { MAX_PART_BYTES, type ChangedRows } from '#shared/wire/messages.ts'
import { FULL_FORM, rowInForm, type RowForm } from './row-form.ts'

/** Changed spaces, serialised once, as frames of a snapshot (`from` null) or of changes. */
export interface FrameChunks {
  from: number | null
  to: number
  /** UTF-8 of one message each; at most MAX_PART_BYTES, unless a single row is larger. */
  buffers: Buffer[]
  byteCount: number
  /** The same in a form that says less: made when the first wants it, and the very same bytes where no row has more. [TXT-5] [SYN-31] */
  inForm(form: RowForm): Buffer[]
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
  form: RowForm = FULL_FORM,
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
  const rows = changes.rows.map((row) => rowInForm(row, form))
  put('rows', rows)
  put('levels', changes.levels)
  put('gone', changes.gone)
  const start = from === null ? '{"type":"snapshot"' : `{"type":"changes","from":${from}`
  const head = `${start},"epoch":${JSON.stringify(epoch)},"to":${to},"parts":${chunks.length}`
  const buffers = chunks.map((lists, index) =>
    Buffer.from(
      `${head},"part":${index + 1},"changes":{"rows":[${lists.rows.join(',')}],"levels":[${lists.levels.join(',')}],"gone":[${lists.gone.join(',')}]}}`,
    ),
  )
  const byteCount = buffers.reduce((sum, { length }) => sum + length, 0)
  const hasTexts = rows.some(({ facts }) => facts.texts !== undefined)
  const hasHours = rows.some(({ facts }) => facts.hours !== undefined)
  const made = new Map<string, Buffer[]>([[form.name, buffers]])
  return {
    from,
    to,
    buffers,
    byteCount,
    inForm: (wanted) => {
      const known = made.get(wanted.name)
      if (known !== undefined) return known
      const isSame = (wanted.hasTexts || !hasTexts) && (wanted.hasHours || !hasHours)
      const other = isSame ? buffers : buffers.map((buffer) => rewritten(buffer, wanted))
      made.set(wanted.name, other)
      return other
    },
  }
}

/** Out of the bytes, so that no frame has to keep its rows for kiosks that may never ask. */
function rewritten(buffer: Buffer, form: RowForm): Buffer {
  const message = JSON.parse(buffer.toString()) as { changes: ChangedRows }
  message.changes.rows = message.changes.rows.map((row) => rowInForm(row, form))
  return Buffer.from(JSON.stringify(message))
}

/** Rows of a collection as they travel, each already a text. */
export interface RowTexts {
  name: string
  texts: readonly string[]
}

/** The parts of a frame. */
export interface Parts {
  buffers: readonly Buffer[]
  /** The last one has rows of collections. */
  hasRows: boolean
}

const NO_CHANGES = '"changes":{"rows":[],"levels":[],"gone":[]}'
const PART_COUNT = '"parts":'
const PART = ',"part":'

/**
 * Adds rows of collections to the parts of a frame: to the last one as far as there is room, then in parts of their own. What
 * stays as it was is not copied. No collection may be added twice. [SYN-9] [SYN-31]
 */
export function addRows(parts: Parts, collections: readonly RowTexts[]): Parts {
  const { buffers } = parts
  const last = buffers.at(-1)
  if (last === undefined || collections.every(({ texts }) => texts.length === 0)) return parts
  const [first = [], ...more] = groupsOf(collections, MAX_PART_BYTES - last.length - ENVELOPE_BYTES)
  const partCount = buffers.length + more.length
  const numbered = more.length === 0 ? buffers : buffers.map((buffer) => withPartCount(buffer, partCount))
  const partOf = (rows: readonly RowTexts[], index: number): Buffer =>
    withRows(
      Buffer.from(`${headOf(last, partCount)}${PART}${buffers.length + index + 1},${NO_CHANGES}}`),
      rows,
      false,
    )
  return {
    buffers: [
      ...numbered.slice(0, -1),
      withRows(numbered.at(-1) ?? last, first, parts.hasRows),
      ...more.map(partOf),
    ],
    hasRows: more.length > 0 || first.length > 0 || parts.hasRows,
  }
}

/** Rows in groups that each fit into one part; into the first, which may stay empty, only `room` bytes. */
function groupsOf(collections: readonly RowTexts[], room: number): RowTexts[][] {
  const groups: { name: string; texts: string[] }[][] = [[]]
  let left = room
  for (const { name, texts } of collections)
    for (const text of texts) {
      const size = Buffer.byteLength(text) + 1
      if (size > left) {
        groups.push([])
        left = MAX_PART_BYTES - ENVELOPE_BYTES
      }
      left -= size
      const group = groups.at(-1)
      const list = group?.at(-1)
      if (list?.name === name) list.texts.push(text)
      else group?.push({ name, texts: [text] })
    }
  return groups
}

/** The beginning of a part, up to the number of all parts, which becomes another one. */
function headOf(buffer: Buffer, partCount: number): string {
  return `${buffer.toString('utf8', 0, buffer.indexOf(PART_COUNT))}${PART_COUNT}${partCount}`
}

function withPartCount(buffer: Buffer, partCount: number): Buffer {
  return Buffer.concat([Buffer.from(headOf(buffer, partCount)), buffer.subarray(buffer.indexOf(PART))])
}

/** A part with rows of collections put before its end. */
function withRows(buffer: Buffer, collections: readonly RowTexts[], hasRows: boolean): Buffer {
  if (collections.length === 0) return buffer
  const lists = collections.map(({ name, texts }) => `"${name}":[${texts.join(',')}]`).join(',')
  return hasRows
    ? Buffer.concat([buffer.subarray(0, -2), Buffer.from(`,${lists}}}`)])
    : Buffer.concat([buffer.subarray(0, -1), Buffer.from(`,"collections":{${lists}}}`)])
}
