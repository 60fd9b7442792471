import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { build } from 'vite'
import { expect, test } from 'vitest'
import { LANGUAGES } from '../hub/platform/languages.ts'
import { ROOT } from './launcher.mjs'

/** A page and every program that it loads at some time, by its name in another one. */
function reachedFrom(folder: string, page: string): string[] {
  const reached = new Set([page])
  for (const file of reached)
    for (const [, name = ''] of readFileSync(path.join(folder, file), 'utf8').matchAll(/([\w.-]+\.js)\b/g))
      if (existsSync(path.join(folder, 'assets', name))) reached.add(path.join('assets', name))
  return [...reached]
}

test('[PKG-10] [LNG-1] what hubs and kiosks serve is the kiosk and the portal, without a page or a program of the gallery, and the kiosk’s without Temporal', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'carrel-screens-'))
  try {
    const configFile = path.join(ROOT, 'build/vite.renderer.ts')
    await build({ configFile, logLevel: 'warn', build: { outDir: folder } })
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    expect(files.filter((file) => file.endsWith('.html')).toSorted()).toEqual(['kiosk.html', 'portal.html'])
    const languages = files.filter((file) => file.endsWith('.webmanifest')).toSorted()
    expect(languages).toEqual(LANGUAGES.map((tag) => `manifest.${tag}.webmanifest`))
    const page = readFileSync(path.join(folder, 'kiosk.html'), 'utf8')
    const said = [...page.matchAll(/<div lang="([^"]+)"><h1>[^<]+<\/h1><p>[^<]+</g)].map(([, tag]) => tag)
    expect(said).toEqual([...LANGUAGES, ...LANGUAGES])
    const texts = files.filter((file) => /\.(?:js|html)$/.test(file))
    // By this word the gallery names its pictures.
    const ofGallery = (file: string): boolean =>
      /gallery|portal-picture|data-portal-name/.test(file + readFileSync(path.join(folder, file), 'utf8'))
    expect(texts.filter(ofGallery)).toEqual([])
    // By this name Temporal's methods are called, also in a program made small.
    const ofTemporal = (file: string): boolean =>
      readFileSync(path.join(folder, file), 'utf8').includes('getTimeZoneTransition')
    const inKiosk = reachedFrom(folder, 'kiosk.html')
    expect(inKiosk.length).toBeGreaterThan(3)
    expect(inKiosk.filter(ofTemporal)).toEqual([])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}, 30_000)
