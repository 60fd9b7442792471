import { accept, type Decision } from '#shared/domain/decision.ts'

/** Rows that are asked for at once: a few seconds on a slow connection. */
const PAGE_ROWS = 20_000

/**
 * A table of the log from its newest to its oldest act, asked for page by page and put together under one first line. Each
 * row begins with its act's number, which is where the next page goes on. [AUD-7]
 */
export async function loadWholeTable<Refusal>(
  load: (page: { limit: number; before?: number }) => Promise<Decision<string, Refusal>>,
  limit: number = PAGE_ROWS,
): Promise<Decision<string, Refusal>> {
  const parts: string[] = []
  for (let before: number | undefined; ;) {
    const page = await load({ limit, ...(before === undefined ? {} : { before }) })
    if (!page.ok) return page
    const rows = page.value.slice(page.value.indexOf('\n') + 1)
    parts.push(parts.length === 0 ? page.value : rows)
    const numbers = [...rows.matchAll(/^(\d+),/gm)]
    if (numbers.length < limit) return accept(parts.join(''))
    before = Number(numbers.at(-1)?.[1])
  }
}

/** A text as a file: a table begins with a byte order mark, which spreadsheets need and a browser takes out of what it fetched. */
export function fileText(mediaType: string, text: string): string {
  return mediaType === 'text/csv' && !text.startsWith('\ufeff') ? `\ufeff${text}` : text
}

/** Gives the browser a text to keep as a file. */
export function saveFile(name: string, mediaType: string, text: string): void {
  const url = URL.createObjectURL(new Blob([fileText(mediaType, text)], { type: mediaType }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  // The browser has taken hold of it by the next turn.
  setTimeout(() => URL.revokeObjectURL(url), 1_000)
}
