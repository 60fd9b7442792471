import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import { createServer, type ViteDevServer } from 'vite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fault } from '#shared/i18n/en/fault.ts'
import { kiosk } from '#shared/i18n/en/kiosk.ts'
import { mail } from '#shared/i18n/en/mail.ts'
import { portal } from '#shared/i18n/en/portal.ts'
import { checkLanguages } from './check-languages.ts'
import { ROOT } from './launcher.mjs'
import { readTree } from './tree.ts'

// A language is added to a copy as a translator would: by a folder, and by nothing else. It is Welsh in all that Intl knows of
// it, so its numbers take six forms.

/** What this needs of i18next, whose own types bring React's. */
interface Made {
  t(key: string, values: { count: number; ns?: string }): string
}

const TAG = 'cy-x-carrel'
const FORMS = ['zero', 'one', 'two', 'few', 'many', 'other']
/** One number for each form, in that order. */
const NUMBERS = [0, 1, 2, 3, 6, 10]
const TYPES = { fault: 'FaultWords', kiosk: 'KioskWords', portal: 'PortalWords', mail: 'MailWords' }
const COUNTED = /_(?:one|other)$/

/** English words in which each number's text begins with its form. */
function translated(words: object): object {
  return Array.isArray(words)
    ? words
    : Object.fromEntries(
        Object.entries(words).flatMap(
          ([key, value]: [string, string | object]): [string, string | object][] => {
            if (typeof value === 'object') return [[key, translated(value)]]
            if (!COUNTED.test(key)) return [[key, value]]
            if (!key.endsWith('_other')) return []
            return FORMS.map((form) => [key.replace(COUNTED, `_${form}`), `${form} ${value}`])
          },
        ),
      )
}

function writeLanguage(folder: string): void {
  mkdirSync(folder)
  const facts = {
    name: 'Cymraeg Carrel',
    short: 'CY',
    plurals: FORMS,
    time: { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
    day: { weekday: 'short', day: 'numeric', month: 'short' },
    moment: { dateStyle: 'long', timeStyle: 'short' },
  }
  writeFileSync(
    path.join(folder, 'language.ts'),
    `import type { Language } from '../language.ts'\nexport const language = ${JSON.stringify(facts)} as const satisfies Language\n`,
  )
  for (const [file, words] of Object.entries({ fault, kiosk, portal, mail })) {
    const type = TYPES[file as keyof typeof TYPES]
    const text = `import type { ${type} } from '../words.ts'\nimport type { language } from './language.ts'\nexport const ${file}: ${type}<typeof language> = ${JSON.stringify(translated(words), null, 2)}\n`
    writeFileSync(path.join(folder, `${file}.ts`), text)
  }
  writeFileSync(
    path.join(folder, 'avoid.ts'),
    `import type { Avoided } from '../words.ts'\nexport const avoid: readonly Avoided[] = [{ not: 'Cymraeg Carrel', say: 'Welsh' }]\n`,
  )
}

/** The project without what a language has nothing to do with. */
function copyProject(): string {
  const copy = mkdtempSync(path.join(tmpdir(), 'carrel-language-'))
  const parts = /^(?:package\.json$|shared\/|hub\/platform\/|desktop\/renderer\/|build\/tsconfig)/
  for (const { path: file, text } of readTree().filter((one) => parts.test(one.path))) {
    mkdirSync(path.dirname(path.join(copy, file)), { recursive: true })
    writeFileSync(path.join(copy, file), text)
  }
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(copy, 'node_modules'), 'junction')
  return copy
}

/** Draws the kiosk's toolbar; part of the copy, because the screens' types fit no program of Node. */
const SHOW_TOOLBAR = `
  import { renderToStaticMarkup } from 'react-dom/server'
  import { I18nextProvider } from 'react-i18next'
  import { KioskContext } from './kiosk/kiosk-context.ts'
  import { makeKioskStore } from './kiosk/store.ts'
  import { Toolbar } from './kiosk/toolbar.tsx'
  export const showToolbar = (made) => renderToStaticMarkup(
    <I18nextProvider i18n={made}>
      <KioskContext value={{ store: makeKioskStore(0, false), actions: {} }}>
        <Toolbar hasService={false} />
      </KioskContext>
    </I18nextProvider>,
  )`

const run = promisify(execFile)

/** What a program of the copy says, run as the hub is: by Node alone. */
async function ask(copy: string, program: string): Promise<unknown> {
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', program], { cwd: copy })
  return JSON.parse(stdout)
}

const ASK_MAILS = `
  import { LANGUAGES } from './hub/platform/languages.ts'
  import { mailWords } from './hub/platform/mail/mail-words.ts'
  const { language, say, moment } = mailWords('${TAG}')
  const links = ${JSON.stringify(NUMBERS)}.map((count) => say('verifyAddress.link', { count }))
  console.log(JSON.stringify({ LANGUAGES, language, links, moment: moment(0), other: mailWords('cy').language }))`

describe('[LNG-1] a folder more', () => {
  let copy = ''
  let folder = ''
  let server: ViteDevServer

  beforeAll(async () => {
    copy = copyProject()
    folder = path.join(copy, 'shared/i18n', TAG)
    writeLanguage(folder)
    writeFileSync(path.join(copy, 'desktop/renderer/show-toolbar.tsx'), SHOW_TOOLBAR)
    server = await createServer({
      configFile: false,
      root: path.join(copy, 'desktop/renderer'),
      cacheDir: path.join(copy, 'cache'),
      logLevel: 'error',
      appType: 'custom',
      server: { middlewareMode: true, hmr: false, ws: false, watch: null },
      optimizeDeps: { noDiscovery: true },
    })
  })
  afterAll(async () => {
    await server.close()
    rmSync(copy, { recursive: true, force: true })
  })

  test('is a language that kiosks offer, and whose six forms they use [LNG-2]', async () => {
    const { makeI18n } = await server.ssrLoadModule('/i18n/i18n.ts')
    const made = (makeI18n as (tag: string) => Made)(TAG)
    const seats = NUMBERS.map((count) => made.t('door.seats', { count }))
    expect(seats).toEqual(FORMS.map((form, index) => `${form} ${NUMBERS[index]} seats`))
    const { showToolbar } = await server.ssrLoadModule('/show-toolbar.tsx')
    const html = (showToolbar as (made: Made) => string)(made)
    expect([...html.matchAll(/lang="([^"]+)"/g)].map(([, tag]) => tag)).toEqual([TAG, 'en', 'sl', 'zh-TW'])
    expect(html).toContain('aria-label="CY Cymraeg Carrel"')
  })

  test('is a language that the portal offers, fetches, and counts in', async () => {
    const { LANGUAGES } = await server.ssrLoadModule('/i18n/languages.ts')
    expect(LANGUAGES).toContainEqual({ locale: TAG, name: 'Cymraeg Carrel', short: 'CY' })
    const { makePortalI18n } = await server.ssrLoadModule('/i18n/portal-i18n.ts')
    const made = await (makePortalI18n as (tag: string) => Promise<Made>)(TAG)
    const found = NUMBERS.map((count) => made.t('places.found', { ns: 'portal', count }))
    expect(found).toEqual(FORMS.map((form, index) => `${form} ${NUMBERS[index]} places`))
    const { localeOf } = await server.ssrLoadModule('/portal/settings.ts')
    expect((localeOf as (tag: string) => string | null)('cy-GB')).toBe(TAG)
  })

  test('is a language in which mails are written, in its six forms', async () => {
    expect(await ask(copy, ASK_MAILS)).toEqual({
      LANGUAGES: [TAG, 'en', 'sl', 'zh-TW'],
      language: TAG,
      links: FORMS.map(
        (form, index) => `${form} The link works once and expires after ${NUMBERS[index]} hours.`,
      ),
      moment: expect.stringMatching(/Ionawr 1970 .* UTC$/),
      other: TAG,
    })
  })

  test('is found right by the check, and by the compiler', async () => {
    expect(await checkLanguages(path.join(copy, 'shared/i18n'))).toEqual([])
    expect(await typeFaults(copy)).toEqual([])
  })

  test('that lacks a file, or whose numbers lack a form or have one too many, is found wrong', async () => {
    const languages = path.join(copy, 'shared/i18n')
    const writeChanged = (tag: string, file: string, change: (text: string) => string | null): void => {
      cpSync(folder, path.join(languages, tag), { recursive: true })
      const text = change(readFileSync(path.join(folder, file), 'utf8'))
      rmSync(path.join(languages, tag, file))
      if (text !== null) writeFileSync(path.join(languages, tag, file), text)
    }
    writeChanged('cy-x-less', 'kiosk.ts', (text) => text.replace(/^ *"seats_few".*\n/m, ''))
    writeChanged('cy-x-more', 'portal.ts', (text) =>
      text.replace('"found_few"', '"found_five": "five", "found_few"'),
    )
    expect(await checkLanguages(languages)).toEqual([
      'shared/i18n/cy-x-less/kiosk.ts: door.seats_few is missing',
      'shared/i18n/cy-x-more/portal.ts: places.found_five is too many',
    ])
    expect(await typeFaults(copy)).toEqual([
      expect.stringMatching(/^shared\/i18n\/cy-x-less\/kiosk\.ts.* TS2322/),
      expect.stringContaining("Property 'seats_few' is missing"),
      expect.stringMatching(/^shared\/i18n\/cy-x-more\/portal\.ts.* TS2353: .*found_five/),
    ])
    writeChanged('cy-x-lost', 'mail.ts', () => null)
    writeChanged('cy-x-bent', 'mail.ts', (text) => text.replace('{{university}}', 'there'))
    writeChanged('cy-x-said', 'mail.ts', (text) => text.replace('The link works', 'Cymraeg Carrel works'))
    writeChanged('pl-x-forms', 'language.ts', (text) => text)
    writeChanged('no-language-of-ours', 'language.ts', (text) => text)
    expect(await checkLanguages(languages)).toEqual(
      expect.arrayContaining([
        'shared/i18n/cy-x-lost/mail.ts is missing',
        'shared/i18n/cy-x-bent/mail.ts: verifyAddress.what must have {{university}} in it',
        'shared/i18n/cy-x-said/mail.ts: verifyAddress.link_zero says "Cymraeg Carrel": say "Welsh"',
        'shared/i18n/pl-x-forms/language.ts: plurals are few, many, one, other',
        'shared/i18n/no-language-of-ours is not called by a tag of BCP 47',
      ]),
    )
    await expect(ask(copy, ASK_MAILS)).rejects.toThrow(/cy-x-lost\/mail\.ts/)
  })
})

/** What the compiler finds in `shared` of a copy. */
async function typeFaults(copy: string): Promise<string[]> {
  // What it notes stays in the copy.
  const notes = ['--outDir', 'types', '--tsBuildInfoFile', 'types/shared.tsbuildinfo']
  const args = ['-p', 'shared', ...notes, '--pretty', 'false']
  const program = path.join(ROOT, 'node_modules/.bin/tsc')
  const { stdout } = await run(program, args, { cwd: copy }).catch((error: { stdout: string }) => error)
  return stdout.split('\n').filter((line) => line !== '')
}
