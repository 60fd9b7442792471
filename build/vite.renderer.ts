import path from 'node:path'
import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
const RENDERER = path.join(ROOT, 'desktop/renderer')

/**
 * The screens, built into dist/renderer: kiosk.html, portal.html and gallery.html, with nothing inline, so that a strict
 * CSP holds. The portal's page is given at many addresses, so what it names begins at the root.
 */
export default defineConfig({
  root: RENDERER,
  base: './',
  plugins: [react()],
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
      input: {
        kiosk: path.join(RENDERER, 'kiosk.html'),
        portal: path.join(RENDERER, 'portal.html'),
        gallery: path.join(RENDERER, 'gallery.html'),
      },
      // Schemas are for checking, which screens do not do: what only declares one may go.
      treeshake: { manualPureFunctions: ['Type'] },
    },
  },
})
