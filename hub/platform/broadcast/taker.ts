import type { SeenCollection } from './collection.ts'
import type { RowForm } from './row-form.ts'

/** What a connection is sent: rows of spaces in which form, and which collections for which space or person. */
export interface Taker {
  readonly form: RowForm
  readonly collections: readonly SeenCollection[]
  /** Its space or person; null where no collection asks for it. */
  readonly subject: number | null
  /** Two with the same key are sent the same bytes. [SYN-32] */
  readonly key: string
  /** The same without the subject, for what is the university's. */
  readonly sharedKey: string
}

/** Makes a taker. Without a collection for less than the university all are alike, whatever their space or person. */
export function makeTaker(form: RowForm, seen: readonly SeenCollection[], subject: number | null): Taker {
  const collections = form.hasHours ? [] : seen
  const isNarrow = collections.some(({ scope }) => scope !== 'university')
  const sharedKey = [form.name, ...collections.map(({ name }) => name)].join(' ')
  return {
    form,
    collections,
    subject: isNarrow ? subject : null,
    key: isNarrow ? `${sharedKey} ${subject}` : sharedKey,
    sharedKey,
  }
}

/** Whether it holds rows of its line, so that another shape of the tree is another choice of rows. [SYN-32] */
export function followsLine({ collections }: Taker): boolean {
  return collections.some(({ scope }) => scope === 'line')
}
