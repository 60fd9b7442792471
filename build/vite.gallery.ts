import path from 'node:path'
import { defineConfig, mergeConfig } from 'vite'
import { ROOT } from './house.mjs'
import { screensConfig } from './vite.renderer.ts'

/** The gallery alone, into a folder of its own: for tests and pictures, never for a hub or a kiosk. [PKG-10] */
export default defineConfig(
  mergeConfig(screensConfig(['gallery']), { build: { outDir: path.join(ROOT, 'dist/gallery') } }),
)
