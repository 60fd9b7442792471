import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ROOT } from './house.mjs'
import { readTree } from './tree.ts'

// Each boundary is proven by crossing it in a copy: one file is planted, and lint or compiler must object.

interface Plant {
  boundary: string
  file: string
  code: string
  /** What must object, and in which words. */
  says: { tool: 'oxlint' | 'tsc'; words: RegExp }
}

const PLANTS: Plant[] = [
  {
    boundary: 'node in shared',
    file: 'shared/domain/planted.ts',
    code: `import { readFileSync } from 'node:fs'\nexport const planted = readFileSync('x')\n`,
    says: { tool: 'oxlint', words: /Boundary: shared imports/ },
  },
  {
    boundary: 'node in shared, for the compiler too',
    file: 'shared/domain/planted.ts',
    code: `import { readFileSync } from 'node:fs'\nexport const planted = readFileSync('x')\n`,
    says: { tool: 'tsc', words: /TS2591|TS2307/ },
  },
  {
    boundary: 'the clock in shared',
    file: 'shared/domain/planted.ts',
    code: `export const planted = Date.now()\n`,
    says: { tool: 'oxlint', words: /Time comes in as an argument/ },
  },
  {
    boundary: 'the clock in shared by another door',
    file: 'shared/wire/planted.ts',
    code: `export const planted = (): number => globalThis.Date.now()\n`,
    says: { tool: 'oxlint', words: /The pure floor has no surroundings/ },
  },
  {
    boundary: 'chance in shared',
    file: 'shared/domain/planted.ts',
    code: `export const planted = Math.random()\n`,
    says: { tool: 'oxlint', words: /Chance comes in as a seed/ },
  },
  {
    boundary: 'timers and the surroundings in shared',
    file: 'shared/domain/planted.ts',
    code: `export const planted = process.env.HOME\n`,
    says: { tool: 'tsc', words: /TS2591|TS2580|TS2304/ },
  },
  {
    boundary: 'hub in shared',
    file: 'shared/wire/planted.ts',
    code: `export type { HubClock } from '../../hub/platform/ports.ts'\n`,
    says: { tool: 'tsc', words: /TS6307/ },
  },
  {
    boundary: 'hub in the engine',
    file: 'desktop/engine/planted.ts',
    code: `import type { HubClock } from '../../hub/platform/ports.ts'\nexport type Planted = HubClock\n`,
    says: { tool: 'tsc', words: /TS6307/ },
  },
  {
    boundary: 'hub in the engine, for lint too',
    file: 'desktop/engine/planted.ts',
    code: `import type { HubClock } from '../../hub/platform/ports.ts'\nexport type Planted = HubClock\n`,
    says: { tool: 'oxlint', words: /Boundary: the engine imports/ },
  },
  {
    boundary: 'electron in the engine',
    file: 'desktop/engine/planted.ts',
    code: `import { app } from 'electron'\nexport const planted = app\n`,
    says: { tool: 'oxlint', words: /Boundary: the engine imports/ },
  },
  {
    boundary: 'electron in the engine, later',
    file: 'desktop/engine/planted.ts',
    code: `export const planted = async (): Promise<unknown> => import('electron')\n`,
    says: { tool: 'oxlint', words: /Boundary: the engine imports/ },
  },
  {
    boundary: 'electron in the agent',
    file: 'desktop/agent/planted.ts',
    code: `export { app } from 'electron'\n`,
    says: { tool: 'oxlint', words: /Boundary: the agent imports/ },
  },
  {
    boundary: 'electron in the hub',
    file: 'hub/planted.ts',
    code: `import { app } from 'electron'\nexport const planted = app\n`,
    says: { tool: 'oxlint', words: /Boundary: hub imports/ },
  },
  {
    boundary: 'desktop in the hub',
    file: 'hub/planted.ts',
    code: `import type { EngineClock } from '../desktop/engine/core/ports.ts'\nexport type Planted = EngineClock\n`,
    says: { tool: 'tsc', words: /TS6307/ },
  },
  {
    boundary: 'desktop in the hub, for lint too',
    file: 'hub/admin/planted.ts',
    code: `import type { EngineClock } from '../../desktop/engine/core/ports.ts'\nexport type Planted = EngineClock\n`,
    says: { tool: 'oxlint', words: /Boundary: hub imports/ },
  },
  {
    boundary: 'a feature in the platform',
    file: 'hub/platform/writer/planted.ts',
    code: `export { loadSpaces } from '../../spaces/space-rows.ts'\n`,
    says: { tool: 'oxlint', words: /Boundary: platform imports/ },
  },
  {
    boundary: 'a feature in the platform, as a type',
    file: 'hub/platform/planted.ts',
    code: `import type { TreeFacts } from '../spaces/tree.ts'\nexport type Planted = TreeFacts\n`,
    says: { tool: 'oxlint', words: /Boundary: platform imports/ },
  },
  {
    boundary: "another feature's SQL",
    file: 'hub/occupancy/planted.ts',
    code: `export { HOURS_BY_SPACE } from '../spaces/hour-rows.ts'\n`,
    says: { tool: 'oxlint', words: /Boundary: occupancy imports/ },
  },
  {
    boundary: 'a feature that is not imported',
    file: 'hub/groups/planted.ts',
    code: `export { loadLiveSession } from '../accounts/actors.ts'\n`,
    says: { tool: 'oxlint', words: /Boundary: groups imports/ },
  },
  {
    boundary: 'what puts the hub together, in a feature',
    file: 'hub/spaces/planted.ts',
    code: `import type { HubConfig } from '../config.ts'\nexport type Planted = HubConfig\n`,
    says: { tool: 'oxlint', words: /Boundary: spaces imports/ },
  },
  {
    boundary: 'pg in the engine',
    file: 'desktop/engine/planted.ts',
    code: `import pg from 'pg'\nexport const planted = pg\n`,
    says: { tool: 'oxlint', words: /Boundary: the engine imports/ },
  },
  {
    boundary: 'the schema compiler in the renderer',
    file: 'desktop/renderer/planted.ts',
    code: `import { Compile } from 'typebox/compile'\nexport const planted = Compile\n`,
    says: { tool: 'oxlint', words: /Boundary: screens import/ },
  },
  {
    boundary: 'the schema compiler in the renderer, through shared',
    file: 'desktop/renderer/planted.ts',
    code: `import { makeParse } from '#shared/wire/parse.ts'\nexport const planted = makeParse\n`,
    says: { tool: 'oxlint', words: /Boundary: screens import/ },
  },
  {
    boundary: 'ws in the renderer',
    file: 'desktop/renderer/kiosk/planted.ts',
    code: `import { WebSocket } from 'ws'\nexport const planted = WebSocket\n`,
    says: { tool: 'oxlint', words: /Boundary: screens import/ },
  },
  {
    boundary: 'node in the renderer',
    file: 'desktop/renderer/planted.ts',
    code: `import { join } from 'node:path'\nexport const planted = join\n`,
    says: { tool: 'oxlint', words: /Boundary: screens import/ },
  },
  {
    boundary: 'the engine in the renderer',
    file: 'desktop/renderer/planted.ts',
    code: `import type { EngineClock } from '../engine/core/ports.ts'\nexport type Planted = EngineClock\n`,
    says: { tool: 'tsc', words: /TS6307/ },
  },
  {
    boundary: 'node in the preload',
    file: 'desktop/preload/planted.ts',
    code: `import { join } from 'node:path'\nexport const planted = join\n`,
    says: { tool: 'oxlint', words: /Boundary: the preload imports/ },
  },
  {
    boundary: 'a cycle of imports',
    file: 'shared/domain/planted.ts',
    code: `import { planted as other } from './planted-too.ts'\nexport const planted = (): unknown => other\n`,
    says: { tool: 'oxlint', words: /no-cycle/ },
  },
  {
    boundary: 'a cycle of types alone',
    file: 'shared/domain/planted.ts',
    code: `import type { Other } from './planted-types.ts'\nexport type Planted = Other | null\n`,
    says: { tool: 'oxlint', words: /no-cycle/ },
  },
]

/** The other halves of the cycles. */
const COMPANIONS = [
  {
    file: 'shared/domain/planted-too.ts',
    code: `import { planted as other } from './planted-${PLANTS.length - 2}.ts'\nexport const planted = (): unknown => other\n`,
  },
  {
    file: 'shared/domain/planted-types.ts',
    code: `import type { Planted } from './planted-${PLANTS.length - 1}.ts'\nexport interface Other { one: Planted }\n`,
  },
]

/** Every plant in a file of its own, so that one run of each tool judges them all. */
const PLANTED = PLANTS.map((plant, index) => ({
  ...plant,
  file: plant.file.replace('planted', `planted-${index}`),
}))

describe('boundaries', () => {
  const said = { oxlint: '', tsc: '' }
  let copy = ''

  beforeAll(async () => {
    copy = await mkdtemp(path.join(tmpdir(), 'carrel-boundaries-'))
    for (const file of readTree()) await write(copy, file.path, file.text)
    await linkPackages(copy)
    await takeNotes(copy)
    await leaveTypesToCompiler(copy)
    for (const { file, code } of [...PLANTED, ...COMPANIONS]) await write(copy, file, code)
    said.oxlint = await run(copy, 'oxlint')
    said.tsc = await run(copy, 'tsc')
  }, 120_000)

  afterAll(() => rm(copy, { recursive: true, force: true }))

  test('of a file without a plant nothing speaks of a boundary', () => {
    const planted = [...PLANTED, ...COMPANIONS].map(({ file }) => file)
    const lines = `${said.oxlint}\n${said.tsc}`.split('\n')
    const elsewhere = lines.filter((line) => !planted.some((file) => line.startsWith(file)))
    const crossing = /Boundary: |comes in as|no-cycle|surroundings|TS6307/
    expect(elsewhere.filter((line) => crossing.test(line))).toEqual([])
  })

  test.each(PLANTED)('$boundary is refused', ({ file, says }) => {
    const about = said[says.tool].split('\n').filter((line) => line.startsWith(file))
    expect(about.join('\n')).toMatch(says.words)
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

/** What the compiler noted of the house, where it has: then only the floors that a plant touches are looked at. */
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
