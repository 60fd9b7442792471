import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ROOT } from './launcher.mjs'
import { readTree } from './tree.ts'

// Each boundary is proven by crossing it in a copy: one file that imports what it must not is added, and lint or compiler must object.

interface Crossing {
  boundary: string
  file: string
  code: string
  /** What must object, and what its message is. */
  refusedBy: { tool: 'oxlint' | 'tsc'; message: RegExp }
}

/** Files that lint must refuse for a re-export, with the beginning of what it says then. */
function crossings(
  message: string,
  rows: readonly [boundary: string, file: string, from: string, name: string][],
): Crossing[] {
  return rows.map(([boundary, file, from, name]) => ({
    boundary,
    file,
    code: `export { ${name} } from '${from}'\n`,
    refusedBy: { tool: 'oxlint', message: new RegExp(`Boundary: ${message}`) },
  }))
}

const CROSSINGS: Crossing[] = [
  {
    boundary: 'node in shared',
    file: 'shared/domain/crossing.ts',
    code: `import { readFileSync } from 'node:fs'\nexport const crossing = readFileSync('x')\n`,
    refusedBy: { tool: 'oxlint', message: /Boundary: shared imports/ },
  },
  {
    boundary: 'node in shared, for the compiler too',
    file: 'shared/domain/crossing.ts',
    code: `import { readFileSync } from 'node:fs'\nexport const crossing = readFileSync('x')\n`,
    refusedBy: { tool: 'tsc', message: /TS2591|TS2307/ },
  },
  {
    boundary: 'the clock in shared',
    file: 'shared/domain/crossing.ts',
    code: `export const crossing = Date.now()\n`,
    refusedBy: { tool: 'oxlint', message: /Time comes in as an argument/ },
  },
  {
    boundary: 'the clock in shared, through Temporal',
    file: 'shared/domain/crossing.ts',
    code: `import { Temporal } from 'temporal-polyfill'\nexport const crossing = Temporal.Now.instant()\n`,
    refusedBy: { tool: 'oxlint', message: /Time comes in as an argument/ },
  },
  {
    boundary: 'the clock in shared by another path',
    file: 'shared/wire/crossing.ts',
    code: `export const crossing = (): number => globalThis.Date.now()\n`,
    refusedBy: { tool: 'oxlint', message: /shared may not use globals/ },
  },
  {
    boundary: 'randomness in shared',
    file: 'shared/domain/crossing.ts',
    code: `export const crossing = Math.random()\n`,
    refusedBy: { tool: 'oxlint', message: /Randomness comes in as a seed/ },
  },
  {
    boundary: 'timers and globals in shared',
    file: 'shared/domain/crossing.ts',
    code: `export const crossing = process.env.HOME\n`,
    refusedBy: { tool: 'tsc', message: /TS2591|TS2580|TS2304/ },
  },
  {
    boundary: 'hub in shared',
    file: 'shared/wire/crossing.ts',
    code: `export type { HubClock } from '../../hub/platform/ports.ts'\n`,
    refusedBy: { tool: 'tsc', message: /TS6307/ },
  },
  {
    boundary: 'hub in the engine',
    file: 'desktop/engine/crossing.ts',
    code: `import type { HubClock } from '../../hub/platform/ports.ts'\nexport type Crossed = HubClock\n`,
    refusedBy: { tool: 'tsc', message: /TS6307/ },
  },
  {
    boundary: 'hub in the engine, for lint too',
    file: 'desktop/engine/crossing.ts',
    code: `import type { HubClock } from '../../hub/platform/ports.ts'\nexport type Crossed = HubClock\n`,
    refusedBy: { tool: 'oxlint', message: /Boundary: the engine imports/ },
  },
  {
    boundary: 'electron in the engine',
    file: 'desktop/engine/crossing.ts',
    code: `import { app } from 'electron'\nexport const crossing = app\n`,
    refusedBy: { tool: 'oxlint', message: /Boundary: the engine imports/ },
  },
  {
    boundary: 'electron in the engine, later',
    file: 'desktop/engine/crossing.ts',
    code: `export const crossing = async (): Promise<unknown> => import('electron')\n`,
    refusedBy: { tool: 'oxlint', message: /Boundary: the engine imports/ },
  },
  {
    boundary: 'electron in the agent',
    file: 'desktop/agent/crossing.ts',
    code: `export { app } from 'electron'\n`,
    refusedBy: { tool: 'oxlint', message: /Boundary: the agent imports/ },
  },
  {
    boundary: 'electron in the hub',
    file: 'hub/crossing.ts',
    code: `import { app } from 'electron'\nexport const crossing = app\n`,
    refusedBy: { tool: 'oxlint', message: /Boundary: hub imports/ },
  },
  {
    boundary: 'desktop in the hub',
    file: 'hub/crossing.ts',
    code: `import type { EngineClock } from '../desktop/engine/core/ports.ts'\nexport type Crossed = EngineClock\n`,
    refusedBy: { tool: 'tsc', message: /TS6307/ },
  },
  {
    boundary: 'desktop in the hub, for lint too',
    file: 'hub/admin/crossing.ts',
    code: `import type { EngineClock } from '../../desktop/engine/core/ports.ts'\nexport type Crossed = EngineClock\n`,
    refusedBy: { tool: 'oxlint', message: /Boundary: hub imports/ },
  },
  {
    boundary: 'a feature in the platform',
    file: 'hub/platform/writer/crossing.ts',
    code: `export { loadSpaces } from '../../spaces/space-rows.ts'\n`,
    refusedBy: { tool: 'oxlint', message: /Boundary: platform imports/ },
  },
  {
    boundary: 'a feature in the platform, as a type',
    file: 'hub/platform/crossing.ts',
    code: `import type { TreeFacts } from '../spaces/tree.ts'\nexport type Crossed = TreeFacts\n`,
    refusedBy: { tool: 'oxlint', message: /Boundary: platform imports/ },
  },
  {
    boundary: "another feature's SQL",
    file: 'hub/occupancy/crossing.ts',
    code: `export { HOURS_BY_SPACE } from '../spaces/hour-rows.ts'\n`,
    refusedBy: { tool: 'oxlint', message: /Boundary: occupancy imports/ },
  },
  {
    boundary: 'a feature that is not imported',
    file: 'hub/groups/crossing.ts',
    code: `export { loadLiveSession } from '../accounts/actors.ts'\n`,
    refusedBy: { tool: 'oxlint', message: /Boundary: groups imports/ },
  },
  {
    boundary: 'what puts the hub together, in a feature',
    file: 'hub/spaces/crossing.ts',
    code: `import type { HubConfig } from '../config.ts'\nexport type Crossed = HubConfig\n`,
    refusedBy: { tool: 'oxlint', message: /Boundary: spaces imports/ },
  },
  {
    boundary: 'pg in the engine',
    file: 'desktop/engine/crossing.ts',
    code: `import pg from 'pg'\nexport const crossing = pg\n`,
    refusedBy: { tool: 'oxlint', message: /Boundary: the engine imports/ },
  },
  {
    boundary: 'the schema compiler in the renderer',
    file: 'desktop/renderer/crossing.ts',
    code: `import { Compile } from 'typebox/compile'\nexport const crossing = Compile\n`,
    refusedBy: { tool: 'oxlint', message: /Boundary: screens import/ },
  },
  {
    boundary: 'the schema compiler in the renderer, through shared',
    file: 'desktop/renderer/crossing.ts',
    code: `import { makeParse } from '#shared/wire/parse.ts'\nexport const crossing = makeParse\n`,
    refusedBy: { tool: 'oxlint', message: /Boundary: screens import/ },
  },
  {
    boundary: 'Temporal in the renderer, through shared',
    file: 'desktop/renderer/common/crossing.ts',
    code: `import { parseZone } from '#shared/domain/local-time.ts'\nexport const crossing = parseZone\n`,
    refusedBy: { tool: 'oxlint', message: /Boundary: common imports/ },
  },
  {
    boundary: 'ws in the renderer',
    file: 'desktop/renderer/kiosk/crossing.ts',
    code: `import { WebSocket } from 'ws'\nexport const crossing = WebSocket\n`,
    refusedBy: { tool: 'oxlint', message: /Boundary: kiosk imports/ },
  },
  {
    boundary: 'the portal in the kiosk',
    file: 'desktop/renderer/kiosk/crossing.ts',
    code: `export { makeApi } from '../portal/api.ts'\n`,
    refusedBy: { tool: 'oxlint', message: /Boundary: kiosk imports/ },
  },
  {
    boundary: 'the kiosk in the portal, as a type and from a folder deeper',
    file: 'desktop/renderer/portal/pages/crossing.ts',
    code: `import type { KioskModel } from '../../kiosk/model.ts'\nexport type Crossing = KioskModel\n`,
    refusedBy: { tool: 'oxlint', message: /Boundary: portal imports/ },
  },
  {
    boundary: 'the kiosk in the portal, later',
    file: 'desktop/renderer/portal/crossing.ts',
    code: `export const crossing = async (): Promise<unknown> => import('../kiosk/model.ts')\n`,
    refusedBy: { tool: 'oxlint', message: /Boundary: portal imports/ },
  },
  {
    boundary: 'the kiosk in what kiosk and portal share',
    file: 'desktop/renderer/common/crossing.ts',
    code: `export { makeKioskStore } from '../kiosk/store.ts'\n`,
    refusedBy: { tool: 'oxlint', message: /Boundary: common imports/ },
  },
  {
    boundary: 'what kiosk and portal share in ui',
    file: 'desktop/renderer/ui/crossing.ts',
    code: `export { toneOf } from '../common/tone.ts'\n`,
    refusedBy: { tool: 'oxlint', message: /Boundary: ui imports/ },
  },
  {
    boundary: 'the gallery in the portal',
    file: 'desktop/renderer/portal/crossing.ts',
    code: `export { NOW_MS } from '../gallery/fixtures.ts'\n`,
    refusedBy: { tool: 'oxlint', message: /Boundary: portal imports/ },
  },
  {
    boundary: 'node in the renderer',
    file: 'desktop/renderer/crossing.ts',
    code: `import { join } from 'node:path'\nexport const crossing = join\n`,
    refusedBy: { tool: 'oxlint', message: /Boundary: screens import/ },
  },
  {
    boundary: 'the engine in the renderer',
    file: 'desktop/renderer/crossing.ts',
    code: `import type { EngineClock } from '../engine/core/ports.ts'\nexport type Crossed = EngineClock\n`,
    refusedBy: { tool: 'tsc', message: /TS6307/ },
  },
  {
    boundary: 'node in the preload',
    file: 'desktop/preload/crossing.ts',
    code: `import { join } from 'node:path'\nexport const crossing = join\n`,
    refusedBy: { tool: 'oxlint', message: /Boundary: the preload imports/ },
  },
  ...crossings('hub imports', [
    ['the simulation in the hub', 'hub/crossing.ts', './simulation/run-round.ts', 'runRound'],
    ['what tests share in the hub', 'hub/admin/crossing.ts', '../testing/testing-app.ts', 'makeTestApp'],
  ]),
  ...crossings('tests of the hub import', [
    [
      'the engine in a test of the hub',
      'hub/crossing.test.ts',
      '../desktop/engine/api/engine.ts',
      'openEngine',
    ],
    ['the bench in a test of the hub', 'hub/spaces/crossing.test.ts', '../bench/figure.ts', 'median'],
  ]),
  ...crossings('simulation and bench see', [
    ['electron in the simulation', 'hub/simulation/crossing.ts', 'electron', 'app'],
    ['the screens in the bench', 'hub/bench/crossing.ts', '../../desktop/renderer/common/tone.ts', 'toneOf'],
  ]),
  ...crossings('accounts imports', [
    ['spaces in accounts', 'hub/accounts/crossing.ts', '../spaces/tree.ts', 'makeTrees'],
  ]),
  ...crossings('audit imports', [
    ['accounts in audit', 'hub/audit/crossing.ts', '../accounts/actors.ts', 'loadLiveSession'],
  ]),
  ...crossings('directories imports', [
    ['SQL of groups in directories', 'hub/directories/crossing.ts', '../groups/group-rows.ts', 'loadGroups'],
  ]),
  ...crossings('kiosks imports', [
    ['spaces in kiosks', 'hub/kiosks/crossing.ts', '../spaces/tree.ts', 'makeTrees'],
  ]),
  ...crossings('universities imports', [
    [
      'SQL of spaces in universities',
      'hub/universities/crossing.ts',
      '../spaces/space-rows.ts',
      'loadSpaces',
    ],
  ]),
  ...crossings("Electron's main process imports", [
    [
      'the hub in the main process',
      'desktop/main/crossing.ts',
      '../../hub/platform/clock.ts',
      'makeHubClock',
    ],
    ['the agent in the main process', 'desktop/main/crossing.ts', '../agent/run-kiosk.ts', 'runKiosk'],
  ]),
  ...crossings('the agent imports', [
    ['the hub in the agent', 'desktop/agent/crossing.ts', '../../hub/platform/clock.ts', 'makeHubClock'],
  ]),
  ...crossings('tests of the agent import', [
    ['electron in a test of the agent', 'desktop/agent/crossing.test.ts', 'electron', 'app'],
  ]),
  ...crossings('tests of the engine import', [
    ['pg in a test of the engine', 'desktop/engine/crossing.test.ts', 'pg', 'Pool'],
  ]),
  ...crossings('tests in shared import', [
    ['node in a test of shared', 'shared/domain/crossing.test.ts', 'node:fs', 'readFileSync'],
  ]),
  ...crossings('browser tests see', [
    ['the screens in a browser test', 'desktop/e2e/crossing.ts', '../renderer/common/tone.ts', 'toneOf'],
  ]),
  ...crossings("only Electron's main process", [
    ['electron in build', 'build/crossing.ts', 'electron', 'app'],
  ]),
  ...crossings('i18n imports', [
    ['what is shared in the languages', 'desktop/renderer/i18n/crossing.ts', '../common/tone.ts', 'toneOf'],
  ]),
  ...crossings('tests of the screens import', [
    ['node in a test of the screens', 'desktop/renderer/gallery/crossing.test.ts', 'node:fs', 'readFileSync'],
  ]),
  ...crossings('tests: kiosk imports', [
    [
      'the portal in a test of the kiosk',
      'desktop/renderer/kiosk/crossing.test.ts',
      '../portal/api.ts',
      'makeApi',
    ],
  ]),
  ...crossings('tests: portal imports', [
    [
      'the kiosk in a test of the portal',
      'desktop/renderer/portal/crossing.test.tsx',
      '../kiosk/model.ts',
      'x',
    ],
  ]),
  {
    boundary: 'a cycle of imports',
    file: 'shared/domain/crossing.ts',
    code: `import { crossing as other } from './crossing-too.ts'\nexport const crossing = (): unknown => other\n`,
    refusedBy: { tool: 'oxlint', message: /no-cycle/ },
  },
  {
    boundary: 'a cycle of types alone',
    file: 'shared/domain/crossing.ts',
    code: `import type { Other } from './crossing-types.ts'\nexport type Crossed = Other | null\n`,
    refusedBy: { tool: 'oxlint', message: /no-cycle/ },
  },
]

/** The other halves of the cycles. */
const COMPANIONS = [
  {
    file: 'shared/domain/crossing-too.ts',
    code: `import { crossing as other } from './crossing-${CROSSINGS.length - 2}.ts'\nexport const crossing = (): unknown => other\n`,
  },
  {
    file: 'shared/domain/crossing-types.ts',
    code: `import type { Crossed } from './crossing-${CROSSINGS.length - 1}.ts'\nexport interface Other { one: Crossed }\n`,
  },
]

/** Every crossing in a file of its own, so that one run of each tool checks them all. */
const CROSSING_FILES = CROSSINGS.map((crossing, index) => ({
  ...crossing,
  file: crossing.file.replace('crossing', `crossing-${index}`),
}))

describe('boundaries', () => {
  const printed = { oxlint: '', tsc: '' }
  let copy = ''

  beforeAll(async () => {
    copy = await mkdtemp(path.join(tmpdir(), 'carrel-boundaries-'))
    for (const file of readTree()) await write(copy, file.path, file.text)
    await linkPackages(copy)
    await takeNotes(copy)
    await leaveTypesToCompiler(copy)
    // The compiler follows an import that only lint refuses, and then complains of what it finds there.
    const ofCompiler = CROSSING_FILES.filter(({ refusedBy }) => refusedBy.tool === 'tsc')
    for (const { file, code } of ofCompiler) await write(copy, file, code)
    printed.tsc = await run(copy, 'tsc')
    for (const { file, code } of [...CROSSING_FILES, ...COMPANIONS]) await write(copy, file, code)
    printed.oxlint = await run(copy, 'oxlint')
    // Lint and compiler, each over all of the project.
  }, 300_000)

  afterAll(() => rm(copy, { recursive: true, force: true }))

  test('about a file without a crossing nothing speaks of a boundary', () => {
    const files = [...CROSSING_FILES, ...COMPANIONS].map(({ file }) => file)
    const lines = `${printed.oxlint}\n${printed.tsc}`.split('\n')
    const elsewhere = lines.filter((line) => !files.some((file) => line.startsWith(file)))
    const crossing = /Boundary: |comes in as|no-cycle|may not use globals|TS6307/
    expect(elsewhere.filter((line) => crossing.test(line))).toEqual([])
  })

  test.each(CROSSING_FILES)('$boundary is refused', ({ file, refusedBy }) => {
    const about = printed[refusedBy.tool].split('\n').filter((line) => line.startsWith(file))
    expect(about.join('\n')).toMatch(refusedBy.message)
  })
})

async function write(copy: string, file: string, text: string): Promise<void> {
  const target = path.join(copy, file)
  await mkdir(path.dirname(target), { recursive: true })
  await writeFile(target, text)
}

/** Packages by link, one by one: the compiler keeps its notes in a `node_modules/.tsc` of the copy's own. */
async function linkPackages(copy: string): Promise<void> {
  const lock = JSON.parse(await readFile(path.join(ROOT, 'node_modules/.package-lock.json'), 'utf8')) as {
    packages: Record<string, unknown>
  }
  const names = new Set(
    Object.keys(lock.packages).map((place) =>
      place
        .split('/')
        .slice(1, place.startsWith('node_modules/@') ? 3 : 2)
        .join('/'),
    ),
  )
  for (const name of [...names, '.bin']) {
    const place = path.join(copy, 'node_modules', name)
    await mkdir(path.dirname(place), { recursive: true })
    await symlink(path.join(ROOT, 'node_modules', name), place, 'junction')
  }
}

/** The compiler's build information of the project, where there is some: then only the parts that a crossing touches are looked at. */
async function takeNotes(copy: string): Promise<void> {
  const notes = 'node_modules/.tsc'
  if (existsSync(path.join(ROOT, notes)))
    await cp(path.join(ROOT, notes), path.join(copy, notes), { recursive: true })
}

/** No boundary needs to know a type: without them lint is done in a moment. */
async function leaveTypesToCompiler(copy: string): Promise<void> {
  const file = path.join(copy, '.oxlintrc.json')
  const text = await readFile(file, 'utf8')
  const without = text.replace('"typeAware": true', '"typeAware": false')
  if (without === text) throw new Error(`${file} says nothing of types any more`)
  await writeFile(file, without)
}

/** What a tool says about the copy, one line for each fault, each beginning with its file. */
function run(copy: string, tool: 'oxlint' | 'tsc'): Promise<string> {
  const args = tool === 'tsc' ? ['-b', '--pretty', 'false'] : ['--format', 'json']
  return new Promise((resolve, reject) => {
    const program = path.join(ROOT, 'node_modules/.bin', tool)
    execFile(program, args, { cwd: copy, maxBuffer: 1 << 26 }, (_error, stdout, stderr) => {
      if (stderr !== '') reject(new Error(stderr))
      else resolve(tool === 'tsc' ? stdout : linesOf(stdout))
    })
  })
}

function linesOf(report: string): string {
  const { diagnostics } = JSON.parse(report) as {
    diagnostics: { filename: string; code: string; message: string; help?: string }[]
  }
  return diagnostics
    .map(({ filename, code, message, help }) =>
      `${filename}: ${code} ${message} ${help ?? ''}`.replaceAll('\n', ' '),
    )
    .join('\n')
}
