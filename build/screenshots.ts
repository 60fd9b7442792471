import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { chromium, type Browser, type Page } from '@playwright/test'
import { build, mergeConfig } from 'vite'
import { LANGUAGES } from '../hub/platform/languages.ts'
import { runInTemporaryFolders } from '../hub/simulation/run-in-temporary-folders.ts'
import { findBrowser } from './browser.ts'
import { serveScreens } from './serve-screens.ts'
import { screensConfig } from './vite.renderer.ts'

const HELP = `npm run screenshots -- [options]     pictures of every screen of the gallery

  --out FOLDER      where to (default out/screenshots)
  --only NAME       only screens whose name contains NAME (several: separated by commas)
  --lang LIST       languages: ${LANGUAGES.join(', ')}, or all (default en)
  --look LIST       looks: light, dark, contrast, contrast-dark, large, reach, or all (default light)
  --size LIST       WIDTHxHEIGHT (default 1280x800,800x1280 for doors, 1080x1920 for lobbies, and for the portal
                    390x844, 320x640 and 1440x900)
  --help            this
`

const LOOKS: Readonly<Record<string, string>> = {
  light: '',
  dark: '&theme=dark',
  contrast: '&contrast=high',
  'contrast-dark': '&contrast=high&theme=dark',
  large: '&text=large',
  reach: '&reach=1',
}

interface Options {
  out: string
  only: string[]
  languages: string[]
  looks: string[]
  sizes: string[] | null
}

/** One picture: its screen, size, language and look. */
interface Screenshot {
  name: string
  size: string
  language: string
  look: string
}

function parseOptions(args: string[]): Options | null {
  const { values } = parseArgs({
    args,
    options: {
      out: { type: 'string', default: 'out/screenshots' },
      only: { type: 'string', default: '' },
      lang: { type: 'string', default: 'en' },
      look: { type: 'string', default: 'light' },
      size: { type: 'string', default: '' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return null
  return {
    out: values.out,
    only: listOf(values.only),
    languages: values.lang === 'all' ? [...LANGUAGES] : known(listOf(values.lang), [...LANGUAGES]),
    looks: values.look === 'all' ? Object.keys(LOOKS) : known(listOf(values.look), Object.keys(LOOKS)),
    sizes: values.size === '' ? null : listOf(values.size),
  }
}

function listOf(text: string): string[] {
  return text.split(',').filter((part) => part !== '')
}

function known(given: string[], from: readonly string[]): string[] {
  const strange = given.find((one) => !from.includes(one))
  if (strange !== undefined) throw new Error(`"${strange}" is not one of ${from.join(', ')}`)
  return given
}

function sizesOf(name: string): string[] {
  if (name.startsWith('portal-')) return ['390x844', '320x640', '1440x900']
  const isLobby = name.startsWith('entrance') || name === 'overlay-stillThere'
  return isLobby ? ['1080x1920', '1280x800', '800x1280'] : ['1280x800', '800x1280']
}

function listScreenshots(options: Options, names: readonly string[]): Screenshot[] {
  const wanted = names.filter(
    (name) => options.only.length === 0 || options.only.some((part) => name.includes(part)),
  )
  return wanted.flatMap((name) =>
    (options.sizes ?? sizesOf(name)).flatMap((size) =>
      options.languages.flatMap((language) => options.looks.map((look) => ({ name, size, language, look }))),
    ),
  )
}

async function namesIn(browser: Browser, url: string): Promise<string[]> {
  const page = await browser.newPage()
  await page.goto(`${url}/gallery.html`)
  const names = await page
    .locator('[data-screen-name], [data-portal-name]')
    .evaluateAll((items) =>
      items.map(
        (item) => item.getAttribute('data-screen-name') ?? item.getAttribute('data-portal-name') ?? '',
      ),
    )
  await page.close()
  return names
}

async function take(page: Page, url: string, screenshot: Screenshot, out: string): Promise<void> {
  const [width = 0, height = 0] = screenshot.size.split('x').map(Number)
  await page.setViewportSize({ width, height })
  await page.goto(
    `${url}/gallery.html?screen=${screenshot.name}&lang=${screenshot.language}${LOOKS[screenshot.look]}`,
  )
  // A picture of the portal is not whole before its scripted hand has done its steps.
  await page.locator('[data-screen]').first().waitFor({ state: 'attached' })
  await page.evaluate('document.fonts.ready')
  const file = `${screenshot.name}.${screenshot.size}.${screenshot.language}.${screenshot.look}.png`
  await page.screenshot({ path: path.join(out, file) })
}

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2))
  if (options === null) {
    process.stdout.write(HELP)
    return 0
  }
  const folder = mkdtempSync(path.join(tmpdir(), 'carrel-screenshots-'))
  // Into a folder of its own: dist/gallery may be built anew by somebody else meanwhile.
  const config = { configFile: false, logLevel: 'warn', build: { outDir: folder } }
  await build(mergeConfig(screensConfig(['gallery']), config))
  const served = await serveScreens(folder)
  const found = await findBrowser()
  const { executablePath, args, env } = found
  const browser = await chromium.launch({
    executablePath,
    args,
    env: { ...process.env, ...env },
  })
  try {
    mkdirSync(options.out, { recursive: true })
    const screenshots = listScreenshots(options, await namesIn(browser, served.url))
    const page = await browser.newPage()
    const messages: string[] = []
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') messages.push(message.text())
    })
    page.on('pageerror', (error) => messages.push(error.message))
    for (const screenshot of screenshots) await take(page, served.url, screenshot, options.out)
    process.stdout.write(`${screenshots.length} pictures in ${options.out}\n`)
    for (const message of new Set(messages)) process.stderr.write(`console: ${message}\n`)
    return messages.length > 0 || screenshots.length === 0 ? 1 : 0
  } finally {
    await browser.close()
    found.clean()
    await served.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

await runInTemporaryFolders(main)
