import { readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin, type UserConfig } from 'vite'

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
const RENDERER = path.join(ROOT, 'desktop/renderer')

/** The screens' pages. */
export type ScreenPage = 'kiosk' | 'portal' | 'gallery'

/** What stands in the kiosk's page for the program that watches it load. */
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

/** Words are called by their file and their language: it shows in a browser's list which were fetched. */
function chunkName(module: string | null): string {
  const [, tag, file] = /\/shared\/i18n\/([^/]+)\/([^/]+)\.ts$/.exec(module ?? '') ?? []
  return tag === undefined ? 'assets/[name]-[hash].js' : `assets/${file}-${tag}-[hash].js`
}

/**
 * Some of the screens' pages with what they need, with nothing else inline, so that a strict CSP holds. The portal's page is
 * given at many addresses, so what it names begins at the root.
 */
export const screensConfig = (pages: readonly ScreenPage[]): UserConfig => ({
  root: RENDERER,
  base: './',
  plugins: [react(), loadScriptWithin],
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
      output: { chunkFileNames: ({ facadeModuleId }) => chunkName(facadeModuleId) },
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
