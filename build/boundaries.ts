import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { ROOT } from './launcher.mjs'

// Which folder may import what. The lint configuration of editors and checks is made from these tables.

/** What files of a folder may import beside their own folder's. */
interface Boundary {
  /** Globs of the files. */
  files: readonly string[]
  /** Relative imports that are open; null: all imports are, but those of `never`. */
  relative: readonly string[] | null
  /** Names or globs of packages. */
  packages: readonly string[]
  /** Globs of relative imports that are refused although they look like one's own. */
  never: readonly string[]
  /** The sentence that an import across the boundary gets. */
  message: string
}

const NODE = ['node:*', 'node:*/**']
const TESTS = ['vitest', 'vitest/**', 'fast-check']
const HUB = [
  ...NODE,
  'typebox',
  'typebox/**',
  'fastify',
  '@fastify/**',
  'pg',
  'pg/**',
  '@platformatic/prom-client',
  'csv-parse',
  'csv-parse/**',
  'pino',
  'ws',
  'argon2',
  'jose',
  'ipaddr.js',
  'ldapts',
  'nodemailer',
  'nodemailer/**',
  'pg-boss',
  '@zxcvbn-ts/**',
  'i18next',
  'free-email-domains',
  'p-timeout',
]
const HUB_TESTS = [
  ...HUB,
  ...TESTS,
  'smtp-server',
  'postal-mime',
  'yaml',
  '@seriousme/openapi-schema-validator',
]
const SCREENS = [
  'react',
  'react/**',
  'react-dom',
  'react-dom/**',
  'zustand',
  'p-timeout',
  'zustand/**',
  'i18next',
  'wouter',
  'wouter/**',
  'react-i18next',
  '@fontsource-variable/**',
]

const ANYWHERE = ['./**', '../**']

/** Folders as relative imports name them from anywhere. */
const folders = (...names: string[]): string[] => names.map((name) => `../**/${name}/**`)

const HUB_SEES =
  'hub imports hub, shared, node and its own packages; never desktop, electron, simulation or bench.'

/** A feature of the hub: the files of it that others may import, and whose offers it imports itself. */
interface Feature {
  /** Named files, each called like what it offers. All else is the feature's own affair, its SQL above all. */
  offers: readonly string[]
  imports: readonly string[]
}

/** Every folder of `hub/` that is a feature. */
export const FEATURES: Readonly<Record<string, Feature>> = {
  accounts: { offers: ['account-dependencies', 'actors'], imports: ['directories', 'groups'] },
  audit: { offers: [], imports: [] },
  bookings: { offers: [], imports: ['accounts', 'groups', 'spaces'] },
  directories: { offers: ['directories'], imports: ['groups'] },
  groups: { offers: ['group-facts', 'super-group'], imports: [] },
  kiosks: { offers: ['kiosk-facts'], imports: ['accounts'] },
  notifications: { offers: ['write-notices'], imports: [] },
  occupancy: { offers: [], imports: ['accounts', 'kiosks', 'spaces'] },
  spaces: { offers: ['people-tree', 'space-hours', 'tree', 'university-space'], imports: ['accounts'] },
  universities: { offers: [], imports: ['accounts', 'groups', 'spaces'] },
}

function featureBoundary([name, { imports }]: [string, Feature]): Boundary {
  const offered = imports.flatMap((other) =>
    (FEATURES[other]?.offers ?? []).map((file) => `../${other}/${file}.ts`),
  )
  return {
    files: [`hub/${name}/**`],
    relative: ['./**', '../platform/**', ...offered],
    packages: HUB,
    never: [],
    message: `${name} imports platform, shared and what ${imports.join(', ') || 'nobody else'} offers; see build/boundaries.ts.`,
  }
}

const NOT_OF_SCREENS = [
  ...folders('hub', 'build', 'engine', 'main', 'preload', 'agent', 'e2e'),
  '#shared/wire/parse.ts',
  // Temporal's 20 KB: screens show times by Intl. vite.renderer.test.ts looks for what comes through other files.
  '#shared/domain/local-time.ts',
]

/** The folders of `desktop/renderer` and which others each may import: kiosk and portal never each other. Only the gallery sees all. */
const SCREEN_FOLDERS: Readonly<Record<string, readonly string[]>> = {
  kiosk: ['common', 'ui', 'i18n'],
  portal: ['common', 'ui', 'i18n'],
  common: ['ui', 'i18n'],
  ui: [],
  i18n: [],
}

/** The row of a folder of the screens, and that of its tests. */
function screenBoundaries([name, imports]: [string, readonly string[]]): Boundary[] {
  const others = Object.keys(SCREEN_FOLDERS).filter((other) => other !== name && !imports.includes(other))
  const never = [...NOT_OF_SCREENS, ...folders(...others)]
  const row = {
    files: [`desktop/renderer/${name}/**`],
    relative: ANYWHERE,
    packages: SCREENS,
    never: [...never, ...folders('gallery')],
    message: `${name} imports ${[...imports, 'shared'].join(', ')} and its own packages; no other folder of the renderer. See build/boundaries.ts.`,
  }
  // States of the gallery are what tests need too.
  const tests = ['ts', 'tsx'].map((ending) => `desktop/renderer/${name}/**/*.test.${ending}`)
  return [
    row,
    { ...row, files: tests, packages: [...SCREENS, ...TESTS], never, message: `tests: ${row.message}` },
  ]
}

/** In this order: the last row that fits a file counts. */
const BOUNDARIES: readonly Boundary[] = [
  {
    files: ['shared/**'],
    relative: ANYWHERE,
    packages: ['typebox', 'typebox/compile', 'temporal-polyfill'],
    never: folders('hub', 'desktop', 'build'),
    message: 'shared imports shared, typebox and temporal-polyfill, nothing else.',
  },
  {
    files: ['shared/**/*.test.ts', 'shared/**/testing*.ts'],
    relative: ANYWHERE,
    packages: ['typebox', 'typebox/compile', 'temporal-polyfill', 'vitest', 'fast-check'],
    never: folders('hub', 'desktop', 'build'),
    message:
      'tests in shared import shared, typebox, temporal-polyfill, vitest and fast-check, nothing else.',
  },
  {
    files: ['hub/**'],
    relative: ANYWHERE,
    packages: HUB,
    never: [
      ...folders('desktop', 'build', 'simulation', 'bench', 'testing'),
      './simulation/**',
      './bench/**',
      './testing/**',
    ],
    message: HUB_SEES,
  },
  ...Object.entries(FEATURES).map(featureBoundary),
  {
    files: ['hub/platform/**'],
    relative: ANYWHERE,
    packages: HUB,
    never: ['../../**'],
    message: 'platform imports platform and shared; no feature.',
  },
  {
    files: ['hub/platform/*.ts'],
    relative: ['./**'],
    packages: HUB,
    never: [],
    message: 'platform imports platform and shared; no feature.',
  },
  {
    files: ['hub/**/*.test.ts', 'hub/**/testing*.ts'],
    relative: ANYWHERE,
    packages: HUB_TESTS,
    never: folders('desktop', 'build', 'simulation', 'bench'),
    message:
      'tests of the hub import hub, shared, node, its own packages and test tools; never desktop or electron.',
  },
  {
    files: ['hub/simulation/**', 'hub/bench/**'],
    relative: null,
    packages: [],
    never: [
      'electron',
      'electron/**',
      'react',
      'react-dom',
      ...folders('desktop/main', 'desktop/preload', 'desktop/renderer'),
    ],
    message: 'simulation and bench see shared, hub, engine and agent; never electron or the screens.',
  },
  {
    files: ['desktop/engine/**'],
    relative: ANYWHERE,
    packages: [...NODE, 'typebox', 'better-sqlite3', 'ws'],
    never: folders('hub', 'build', 'main', 'preload', 'agent', 'renderer', 'e2e'),
    message:
      'the engine imports engine, shared, node, better-sqlite3 and ws; never electron, hub or a shell.',
  },
  {
    files: ['desktop/engine/**/*.test.ts', 'desktop/engine/testing/**'],
    relative: ANYWHERE,
    packages: [...NODE, 'typebox', 'better-sqlite3', 'ws', 'vitest', 'fast-check'],
    never: folders('hub', 'build', 'main', 'preload', 'agent', 'renderer', 'e2e'),
    message:
      'tests of the engine import engine, shared, node, its packages and test tools; never electron, hub or a shell.',
  },
  {
    files: ['desktop/main/**'],
    relative: ANYWHERE,
    packages: [...NODE, 'typebox', 'electron', 'electron/main', 'vitest'],
    never: folders('hub', 'build', 'preload', 'agent', 'renderer', 'e2e'),
    message:
      "Electron's main process imports main, engine, shared, node and electron; never hub, agent or the screens.",
  },
  {
    files: ['desktop/agent/**'],
    relative: ANYWHERE,
    packages: [...NODE, 'typebox', 'ws'],
    never: folders('hub', 'build', 'main', 'preload', 'renderer', 'e2e'),
    message: 'the agent imports agent, engine, shared, node and ws; never electron, hub or the screens.',
  },
  {
    files: ['desktop/agent/**/*.test.ts', 'desktop/agent/testing/**'],
    relative: ANYWHERE,
    packages: [...NODE, 'typebox', 'ws', 'better-sqlite3', 'vitest', 'fast-check'],
    never: folders('hub', 'build', 'main', 'preload', 'renderer', 'e2e'),
    message:
      'tests of the agent import agent, engine, shared, node and test tools; never electron, hub or the screens.',
  },
  {
    files: ['desktop/preload/**'],
    relative: ['./**'],
    packages: ['electron', 'electron/renderer', 'vitest'],
    never: [],
    message: 'the preload imports electron and types of shared, nothing else.',
  },
  {
    files: ['desktop/renderer/**'],
    relative: ANYWHERE,
    packages: SCREENS,
    never: NOT_OF_SCREENS,
    message:
      'screens import renderer, shared (never a schema compiler) and their own packages; no node, no sockets, no engine.',
  },
  {
    files: ['desktop/renderer/**/*.test.ts', 'desktop/renderer/**/*.test.tsx'],
    relative: ANYWHERE,
    packages: [...SCREENS, 'vitest', 'fast-check'],
    never: NOT_OF_SCREENS,
    message: 'tests of the screens import renderer, shared, their own packages and test tools.',
  },
  ...Object.entries(SCREEN_FOLDERS).flatMap(screenBoundaries),
  {
    files: ['desktop/e2e/**'],
    relative: null,
    packages: [],
    never: ['electron', 'electron/**', ...folders('main', 'preload', 'renderer')],
    message: 'browser tests see shared, hub, engine and agent; the screens only through a browser.',
  },
  {
    files: ['build/**'],
    relative: null,
    packages: [],
    never: ['electron', 'electron/**'],
    message: "only Electron's main process and the preload import electron.",
  },
]

function patternsOf({ relative, packages, never }: Boundary): string[] {
  if (relative === null) return [...never]
  return ['*', ...[...relative, '#shared/**', ...packages].map((name) => `!${name}`), ...never]
}

/** One override of the lint configuration for each row. */
function overrides(): object[] {
  return BOUNDARIES.map((boundary) => ({
    files: boundary.files,
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [{ group: patternsOf(boundary), message: `Boundary: ${boundary.message}` }] },
      ],
    },
  }))
}

/** All other rules, written by hand. */
const RULES_FILE = 'build/lint-rules.json'
/** Where editors and the linter look. */
const LINT_FILE = '.oxlintrc.json'

/** Writes the lint configuration where it is not what the tables and the rules say. */
export function checkBoundaries(): string[] {
  const rules = JSON.parse(readFileSync(path.join(ROOT, RULES_FILE), 'utf8')) as { overrides: object[] }
  const text = `${JSON.stringify({ ...rules, overrides: [...rules.overrides, ...overrides()] }, null, 2)}\n`
  const file = path.join(ROOT, LINT_FILE)
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return []
  writeFileSync(file, text)
  return [
    `${LINT_FILE} was not what ${RULES_FILE} and build/boundaries.ts say; it is written anew, to be committed`,
  ]
}
