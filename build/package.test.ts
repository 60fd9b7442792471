import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { extractAll, extractFile, listPackage, statFile } from '@electron/asar'
import { FuseState, getCurrentFuseWire } from '@electron/fuses'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ROOT } from './launcher.mjs'
import { launchNode } from './testing-start.ts'

// What `npm run package` makes on a machine without Electron and without a network, looked into with Electron's own tools.
// That the app runs on a real Electron is not shown here.

const HAS_DPKG = spawnSync('dpkg-deb', ['--version']).status === 0
const NEEDS_DPKG = HAS_DPKG ? '' : ' (skipped: dpkg-deb is not here)'
const ARCH = process.arch === 'arm64' ? 'arm64' : 'x64'
const MEGABYTE = 1_000_000
const { version: VERSION } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
  version: string
}

/** All that may be in the archive. */
const ALLOWED = [
  /^\/package\.json$/,
  /^\/licences\.txt$/,
  /^\/dist\/shell\/(?:main\.js|preload\.cjs)$/,
  /^\/dist\/renderer\/(?:kiosk\.html|icon\.svg)$/,
  /^\/dist\/renderer\/assets\/kiosk-[\w-]{8}\.(?:js|css)$/,
  /^\/dist\/renderer\/assets\/noto-sans-tc-[\w-]{8}\.css$/,
  /^\/dist\/renderer\/assets\/(?:noto-sans-tc|atkinson-hyperlegible-next)-[\w-]+\.woff2$/,
  /^\/node_modules\/better-sqlite3\/package\.json$/,
  /^\/node_modules\/better-sqlite3\/lib\/(?:methods\/)?[a-z-]+\.js$/,
  new RegExp(`^/node_modules/better-sqlite3/prebuilds/linux-${ARCH}\\.node$`),
]
/** What the app cannot do without. */
const NEEDED = [
  '/package.json',
  '/licences.txt',
  '/dist/shell/main.js',
  '/dist/shell/preload.cjs',
  '/dist/renderer/kiosk.html',
  '/dist/renderer/icon.svg',
  '/node_modules/better-sqlite3/lib/index.js',
  `/node_modules/better-sqlite3/prebuilds/linux-${ARCH}.node`,
]

describe.skipIf(process.platform === 'win32')('npm run package', () => {
  // A space in the path, as on machines of people who name folders for people.
  const folder = mkdtempSync(path.join(tmpdir(), 'carrel pack '))
  const app = path.join(folder, `carrel-linux-${ARCH}`)
  const asar = path.join(app, 'resources/app.asar')
  const deb = path.join(folder, `carrel_${VERSION}_${ARCH === 'x64' ? 'amd64' : ARCH}.deb`)
  const asked: string[] = []
  // Whoever wants something from elsewhere wants it from here.
  const elsewhere = createServer((socket) => {
    asked.push('somebody')
    socket.destroy()
  })
  let printed = ''
  let files: string[] = []

  beforeAll(async () => {
    await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/`
    const run = launchNode(['build/package.ts', '--target', HAS_DPKG ? 'deb' : 'dir', '--out', folder], {
      PATH: process.env['PATH'],
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
      HOME: '/dev/null/nowhere',
      HTTP_PROXY: url,
      HTTPS_PROXY: url,
      ELECTRON_MIRROR: url,
      ELECTRON_BUILDER_BINARIES_MIRROR: url,
      npm_config_registry: url,
    })
    const code = await run.ended
    printed = run.stdout()
    if (code !== 0) throw new Error(run.stderr())
    files = listPackage(asar, { isPack: false }).filter((name) => !('files' in statFile(asar, name.slice(1))))
  }, 240_000)
  afterAll(() => {
    elsewhere.close()
    rmSync(folder, { recursive: true, force: true })
  })

  test('[PKG-1] the archive holds the kiosk and nothing else: no gallery, portal, hub, test, map or source', () => {
    expect(files.filter((file) => !ALLOWED.some((pattern) => pattern.test(file)))).toEqual([])
    expect(NEEDED.filter((file) => !files.includes(file))).toEqual([])
    // Chinese in slices, and Latin: what a kiosk lacks.
    expect(files.filter((file) => file.endsWith('.woff2')).length).toBeGreaterThan(100)
    const texts = files.filter((file) => /\.(?:js|cjs|css|html)$/.test(file))
    for (const file of texts)
      expect([file, /sourceMappingURL|gallery/i.test(extractFile(asar, file.slice(1)).toString())]).toEqual([
        file,
        false,
      ])
    const beside = readdirSync(app, { recursive: true, encoding: 'utf8' })
    expect(beside.filter((name) => /default_app|\.map$|\.ts$|builder-/.test(name))).toEqual([])
  })

  test('[PKG-1] its package.json names the app and no dependency, script or entry of developers', () => {
    const manifest = JSON.parse(extractFile(asar, 'package.json').toString()) as Record<string, unknown>
    expect(Object.keys(manifest).toSorted()).toEqual(
      'description desktopName homepage license main name productName type version'.split(' '),
    )
    expect(manifest).toMatchObject({ name: 'carrel', main: 'dist/shell/main.js', type: 'module' })
  })

  test('[PKG-2] one native file lies outside the archive, is for the machine packed for, and SQLite runs on it', () => {
    const native = readdirSync(app, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.node'),
    )
    expect(native).toEqual([
      `resources/app.asar.unpacked/node_modules/better-sqlite3/prebuilds/linux-${ARCH}.node`,
    ])
    const unpacked = path.join(folder, 'unpacked')
    extractAll(asar, unpacked)
    // Where the bundle looks for its page and its preload.
    const main = path.join(unpacked, 'dist/shell/main.js')
    for (const beside of ['preload.cjs', '../renderer/kiosk.html'])
      expect(statSync(path.resolve(path.dirname(main), beside)).isFile()).toBe(true)
    const program = path.join(folder, 'ask.mjs')
    writeFileSync(
      program,
      `import { createRequire } from 'node:module'
       const Database = createRequire(${JSON.stringify(main)})('better-sqlite3')
       console.log(new Database(':memory:').prepare('select 6 * 7').pluck().get())`,
    )
    expect(execFileSync(process.execPath, [program], { encoding: 'utf8' })).toBe('42\n')
  })

  test('[PKG-3] the app without Electron stays small', () => {
    expect(statSync(asar).size).toBeLessThan(6 * MEGABYTE)
    const unpacked = path.join(app, 'resources/app.asar.unpacked/node_modules/better-sqlite3/prebuilds')
    expect(statSync(path.join(unpacked, `linux-${ARCH}.node`)).size).toBeLessThan(2.5 * MEGABYTE)
    if (HAS_DPKG) expect(statSync(deb).size).toBeLessThan(6 * MEGABYTE)
  })

  test('[PKG-4] the fuses, read back: no door of Node is open, cookies are encrypted, only the archive is loaded', async () => {
    const { version: _version, ...wire } = await getCurrentFuseWire(path.join(app, 'carrel'))
    const on = FuseState.ENABLE
    const off = FuseState.DISABLE
    // In the order of Electron's list; the ninth, WebAssembly's traps, is left as Electron has it.
    expect(Object.values(wire)).toEqual([off, on, off, off, on, on, off, off, on])
  })

  test('[PKG-5] without Electron a stub stands in its place, which says so when it is packed and when it is run', () => {
    expect(printed).toMatch(/^STUB {2}a stub in place of Electron, since CARREL_ELECTRON_DIST names none/m)
    const run = spawnSync(path.join(app, 'carrel'), [], { encoding: 'utf8' })
    expect([run.status, run.stdout]).toEqual([69, ''])
    expect(run.stderr).toMatch(/^This Carrel was packed without Electron and shows no window/)
    expect(readdirSync(path.join(app, 'locales')).toSorted()).toEqual(['en-US.pak', 'sl.pak', 'zh-TW.pak'])
  })

  test('[PKG-6] nobody is asked over the network, and nothing but what was made stays behind', () => {
    expect(asked).toEqual([])
    expect(readdirSync(folder).filter((name) => !/^(?:carrel|unpacked$|ask\.mjs$)/.test(name))).toEqual([])
  })

  test('[PKG-8] the licences of all that went in are there in full', () => {
    const text = extractFile(asar, 'licences.txt').toString()
    const named = [...text.matchAll(/^(\S+) \d+\.\d+\.\d+ \(.+\)$/gm)].map(([, name]) => name)
    expect(named).toEqual(
      expect.arrayContaining(['better-sqlite3', 'react', 'ws', '@fontsource-variable/noto-sans-tc']),
    )
    expect(text.match(/SIL OPEN FONT LICENSE Version 1\.1/g)?.length).toBeGreaterThan(1)
  })

  test.skipIf(!HAS_DPKG)(
    `[PKG-7] the .deb puts the app below /opt, owned by root, with its entry in the menu${NEEDS_DPKG}`,
    () => {
      const lines = execFileSync('dpkg-deb', ['-c', deb], { encoding: 'utf8' }).trim().split('\n')
      const entries = lines.map((line) => {
        const [mode = '', owner = '', , , , ...name] = line.split(/\s+/)
        return { mode, owner, name: name.join(' ') }
      })
      expect(new Set(entries.map(({ owner }) => owner))).toEqual(new Set(['root/root']))
      expect(entries.filter(({ mode }) => !/^(?:drwxr-xr-x|-rw[x-]r-[x-]r-[x-])$/.test(mode))).toEqual([])
      const places = new Set(entries.map(({ name }) => name.split('/').slice(1, 4).join('/')))
      expect(
        [...places].filter((place) => !/^(?:(?:opt(?:\/Carrel.*)?)|usr(?:\/share.*)?)?\/?$/.test(place)),
      ).toEqual([])
      const modeOf = (name: string): string => entries.find((entry) => entry.name === name)?.mode ?? 'missing'
      expect(modeOf('./opt/Carrel/carrel')).toBe('-rwxr-xr-x')
      expect(modeOf('./opt/Carrel/resources/app.asar')).toBe('-rw-r--r--')
      expect(modeOf('./usr/share/applications/carrel.desktop')).toBe('-rw-r--r--')
      expect(modeOf('./usr/share/icons/hicolor/512x512/apps/carrel.png')).toBe('-rw-r--r--')
      expect(modeOf('./usr/share/doc/carrel/copyright')).toBe('-rw-r--r--')
    },
  )

  test.skipIf(!HAS_DPKG)(
    `[PKG-7] it says who made it and what it needs; its scripts leave Chromium its sandbox and remove what they made${NEEDS_DPKG}`,
    () => {
      const field = (name: string): string =>
        execFileSync('dpkg-deb', ['-f', deb, name], { encoding: 'utf8' }).trim()
      expect(field('Package')).toBe('carrel')
      expect(field('Architecture')).toBe(ARCH === 'x64' ? 'amd64' : ARCH)
      expect(field('Homepage')).toBe('https://carrel.example.org')
      expect(field('Depends')).toContain('libgtk-3-0')
      expect(Number(field('Installed-Size'))).toBeGreaterThan(5_000)
      const control = path.join(folder, 'carrel-control')
      execFileSync('dpkg-deb', ['-e', deb, control])
      for (const script of ['postinst', 'postrm']) {
        const text = readFileSync(path.join(control, script), 'utf8')
        expect(text).not.toMatch(/no-sandbox|unshare/)
        expect(spawnSync('sh', ['-n', path.join(control, script)]).status).toBe(0)
        // What installs nothing changes nothing: as when a package is unpacked and its set-up fails.
        expect(spawnSync('sh', [path.join(control, script), 'abort-upgrade']).status).toBe(0)
      }
      expect(readFileSync(path.join(control, 'postinst'), 'utf8')).toContain(
        'chmod 4755 /opt/Carrel/chrome-sandbox',
      )
    },
  )

  test('[PKG-9] a target that does not exist is answered with those that do', async () => {
    const run = launchNode(['build/package.ts', '--target', 'msi', '--out', folder], {})
    expect([await run.ended, run.stdout(), run.stderr()]).toEqual([
      1,
      '',
      '"msi" is not a target. Use --target dir or --target deb.\n',
    ])
    expect(
      execFileSync(process.execPath, ['build/package.ts', '--help'], { cwd: ROOT, encoding: 'utf8' }),
    ).toContain('CARREL_ELECTRON_DIST')
  })
})
