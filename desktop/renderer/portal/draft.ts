import { createContext, useContext, useState } from 'react'
import { useActions, usePortal } from './portal-context.ts'
import type { Draft } from './store.ts'

/** What the form around a field begins with; null: nothing waits. */
export const DraftContext = createContext<Draft | null>(null)

/** What a form begins with, how it keeps what is filled in, and how that is thrown away. */
export function useDraft(name: string | undefined): {
  draft: { start: Draft | null; isKept: boolean; round: number }
  keep: ((form: HTMLFormElement) => void) | null
  discard: () => void
} {
  const { draft: put } = useActions()
  const kept = usePortal(({ drafts }) => (name === undefined ? undefined : drafts[name]))
  const [{ start, round }, setStart] = useState({ start: kept ?? null, round: 0 })
  const keep = (form: HTMLFormElement): void => {
    const values = [...new FormData(form)].filter(
      (pair): pair is [string, string] => typeof pair[1] === 'string',
    )
    if (name !== undefined) put(name, Object.fromEntries(values))
  }
  const discard = (): void => {
    if (name !== undefined) put(name, null)
    setStart({ start: null, round: round + 1 })
  }
  return {
    draft: { start, isKept: kept !== undefined, round },
    keep: name === undefined ? null : keep,
    discard,
  }
}

/** What waits in a form that somebody left, by field; the hub has not seen it. [POR-15] */
export function useDrafted(name: string, start: string): string {
  return useContext(DraftContext)?.[name] ?? start
}
