import path from 'node:path'
import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
const RENDERER = path.join(ROOT, 'desktop/renderer')

/** The screens, built into dist/renderer: kiosk.html and gallery.html, with nothing inline, so that a strict CSP holds. */
export default defineConfig({
  root: RENDERER,
  base: './',
  plugins: [react()],
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
        gallery: path.join(RENDERER, 'gallery.html'),
      },
      // Schemas are for checking, which screens do not do: what only declares one may go.
      treeshake: { manualPureFunctions: ['Type'] },
    },
  },
})
