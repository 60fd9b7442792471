import { byLanguage, type Language } from '#shared/i18n/language.ts'
import type { FaultWords } from '#shared/i18n/words.ts'

/** Whose language it is was never asked, so all of them stand there. */
const WORDS = Object.entries(
  byLanguage(
    import.meta.glob<FaultWords<Language>>('../../shared/i18n/*/fault.ts', { import: 'fault', eager: true }),
  ),
).map(([lang, { unreachable }]) => ({ lang, ...unreachable }))

/**
 * A `data:` URL of a page that says that the hub cannot be reached, with a link to it. It has no script and an opaque origin, so
 * it can reach nothing of the app or of the hub. [POR-7]
 */
export function unreachablePage(origin: string): string {
  const hub = escapeHtml(origin)
  const parts = WORDS.map(
    ({ lang, title, advice, retry }) =>
      `<section lang="${lang}"><h1>${title}</h1><p>${advice}</p><a href="${hub}/">${retry}</a></section>`,
  )
  const page = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Carrel</title>
<meta http-equiv="content-security-policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>${STYLE}</style></head><body><main>${parts.join('')}<p>${hub}</p></main></body></html>`
  return `data:text/html;charset=utf-8,${encodeURIComponent(page)}`
}

const STYLE = `:root{color-scheme:light dark;font:18px/1.5 system-ui,sans-serif}
main{max-width:40rem;margin:10vh auto;padding:0 1.5rem}h1{font-size:1.4rem;margin:2rem 0 0}p{margin:.25rem 0 .75rem}
a{display:inline-block;min-height:44px;line-height:44px}`

/** A host may hold quotes; it comes from the command line. */
function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`)
}
