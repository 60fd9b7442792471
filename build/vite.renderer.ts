import { readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin, type UserConfig } from 'vite'
import type { Language } from '#shared/i18n/language.ts'
import type { FaultWords, PortalWords } from '#shared/i18n/words.ts'
import type { loadWords as loadWordsOf } from '../hub/platform/languages.ts'

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
const RENDERER = path.join(ROOT, 'desktop/renderer')

/** The screens' pages. */
export type ScreenPage = 'kiosk' | 'portal' | 'gallery'

/** What is in the kiosk's page for the program that watches it load. */
const LOAD_SCRIPT = '<script vite-ignore src="./kiosk-load.js"></script>'

/** Writes that program into the page: then it is there whenever the page is. Shells name its hash in the policy. [KSK-18] */
const loadScriptWithin: Plugin = {
  name: 'carrel-load-script',
  transformIndexHtml: {
    order: 'pre',
    handler: (html) =>
      html.replace(
        LOAD_SCRIPT,
        () => `<script>\n${readFileSync(path.join(RENDERER, 'kiosk-load.js'), 'utf8')}</script>`,
      ),
  },
}

/** Words of all languages. Read when they are needed, and by Node itself: Vite would bundle what this file imports. */
async function readWords<Words>(file: 'fault' | 'portal'): Promise<[string, Words][]> {
  const loader = pathToFileURL(path.join(ROOT, 'hub/platform/languages.ts')).href
  const { loadWords } = (await import(loader)) as { loadWords: typeof loadWordsOf }
  return [...(await loadWords<Words>(file))]
}

/** Words of all languages at once, in the place of `<!-- words: loading -->` in a page. [KSK-18] [LNG-1] */
const faultWordsWithin: Plugin = {
  name: 'carrel-fault-words',
  transformIndexHtml: {
    order: 'pre',
    handler: async (html) => {
      const all = await readWords<FaultWords<Language>>('fault')
      return html.replaceAll(/<!-- words: (loading|loadFailed) -->/g, (_, part: 'loading' | 'loadFailed') =>
        all
          .map(([tag, words]) => {
            const { title, body } = words[part]
            return `<div lang="${tag}"><h1>${title}</h1><p>${body}</p></div>`
          })
          .join('\n'),
      )
    },
  },
}

const MANIFEST = path.join(RENDERER, 'portal.webmanifest.json')
const SHORTCUTS = { '/': 'places', '/mine': 'mine', '/reports': 'reports' } as const

interface Manifest {
  shortcuts: { url: keyof typeof SHORTCUTS }[]
}

/** A manifest for each language, by which phones install the portal. [LNG-1] */
const manifests: Plugin = {
  name: 'carrel-manifests',
  async generateBundle() {
    const manifest = JSON.parse(readFileSync(MANIFEST, 'utf8')) as Manifest
    for (const [lang, { app, nav }] of await readWords<PortalWords<Language>>('portal')) {
      const shortcuts = manifest.shortcuts.map(({ url }) => ({ name: nav[SHORTCUTS[url]], url }))
      const said = { ...manifest, lang, name: app.longName, description: app.tagline, shortcuts }
      const source = `${JSON.stringify(said, null, 2)}\n`
      this.emitFile({ type: 'asset', fileName: `manifest.${lang}.webmanifest`, source })
    }
  },
}

/** Words are called by their language and file: it shows in a browser’s list which were fetched. */
function chunkName(modules: readonly string[]): string {
  const only = modules.length === 1 ? (modules[0] ?? '') : ''
  const [, tag, file] = /\/shared\/i18n\/([^/]+)\/([^/]+)\.ts$/.exec(only) ?? []
  return tag === undefined ? 'assets/[name]-[hash].js' : `assets/words-${tag}-${file}-[hash].js`
}

/**
 * Some of the screens' pages with what they need, with nothing else inline, so that a strict CSP holds. The portal's page is
 * given at many addresses, so what it names begins at the root.
 */
export const screensConfig = (pages: readonly ScreenPage[]): UserConfig => ({
  root: RENDERER,
  base: './',
  plugins: [react(), loadScriptWithin, faultWordsWithin, ...(pages.includes('portal') ? [manifests] : [])],
  experimental: {
    renderBuiltUrl: (file, { hostId, hostType }) =>
      hostType === 'html' && hostId.endsWith('portal.html') ? `/${file}` : { relative: true },
  },
  build: {
    outDir: path.join(ROOT, 'dist/renderer'),
    emptyOutDir: true,
    target: 'chrome140',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      input: Object.fromEntries(pages.map((page) => [page, path.join(RENDERER, `${page}.html`)])),
      // Schemas are for checking, which screens do not do: what only declares one may go.
      treeshake: { manualPureFunctions: ['Type'] },
      output: { chunkFileNames: ({ moduleIds }) => chunkName(moduleIds) },
    },
  },
})

/**
 * What hub and kiosks serve; with `--mode gallery` the gallery alone, which is for tests and pictures, never for a hub or a
 * kiosk. [PKG-10]
 */
export default defineConfig(({ mode }) =>
  screensConfig(mode === 'gallery' ? ['gallery'] : ['kiosk', 'portal']),
)
