import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { TEST_CERTIFICATE, TEST_KEY } from '../admin/testing-certificate.ts'
import type { DirectorySettings } from './directory-config.ts'

const FOLDERS = ['/usr/sbin', '/usr/local/sbin', ...(process.env['PATH'] ?? '').split(':')]
const DEVELOPMENT = new URL('../../build/dev/ldap/', import.meta.url)

/** Why no test can talk to a real directory here, and how to get one; null when one can. */
export const WITHOUT_SLAPD =
  programOf('slapd') !== null && programOf('slapadd') !== null && existsSync('/etc/ldap/schema/core.schema')
    ? null
    : 'there is no slapd here; on Debian "apt-get install -y --no-install-recommends slapd" brings it, and no service need run'

function programOf(name: string): string | null {
  return FOLDERS.map((folder) => join(folder, name)).find((file) => existsSync(file)) ?? null
}

/** The account that looks people up in the directory of a test. */
const SERVICE = { dn: 'cn=carrel,ou=services,dc=carrel,dc=example', password: 'looks people up (*)' }

/** A directory of a test: Debian's slapd in a folder of its own. */
export interface TestSlapd {
  port: number
  /** How the hub is configured for it. */
  settings(changes?: Partial<DirectorySettings>): DirectorySettings
  /** Ends it at once, as a power cut would. */
  kill(): Promise<void>
  restart(): Promise<void>
  stop(): Promise<void>
}

/**
 * Starts slapd with the people of the development set-up, and `more` of them (LDIF). It takes a name without a password
 * for "anonymous", as careless directories do. With `isTlsDemanded` no password is taken without encryption; `globals`
 * and `database` are further lines of its configuration, for the server and for its one database.
 */
export async function startSlapd(
  options: { more?: string; isTlsDemanded?: boolean; globals?: string; database?: string } = {},
): Promise<TestSlapd> {
  const folder = mkdtempSync(join(tmpdir(), 'carrel-slapd-'))
  mkdirSync(join(folder, 'data'))
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text, { mode: 0o600 })
    return join(folder, name)
  }
  const read = (name: string): string => readFileSync(fileURLToPath(new URL(name, DEVELOPMENT)), 'utf8')
  const tls = [
    `TLSCertificateFile ${write('certificate.pem', TEST_CERTIFICATE)}`,
    `TLSCertificateKeyFile ${write('key.pem', TEST_KEY)}`,
    ...(options.isTlsDemanded === true ? ['security simple_bind=128'] : []),
    'allow bind_anon_cred',
    options.globals ?? '',
  ]
  const conf = read('slapd.conf')
    .replaceAll('@FOLDER@', folder)
    // Without its ban on anonymous questions a test sees who would ask them.
    .replace('require authc', tls.join('\n'))
    .replace('disallow bind_anon', '')
    .replace('access to attrs', `${options.database ?? ''}\naccess to attrs`)
  const file = write('slapd.conf', conf)
  const people = read('seed.ldif').replace('@SERVICE_PASSWORD@', SERVICE.password)
  const seed = write('seed.ldif', `${people}\n${options.more ?? ''}`)
  execFileSync(programOf('slapadd') ?? '', ['-q', '-f', file, '-l', seed], { stdio: 'pipe' })
  const port = await freePort()
  let running = await launch(file, port)
  const kill = async (): Promise<void> => {
    if (running.exitCode !== null || running.signalCode !== null) return
    running.kill('SIGKILL')
    await once(running, 'exit')
  }
  return {
    port,
    settings: (changes) => ({ ...slapdSettings(port), ...changes }),
    kill,
    restart: async () => {
      await kill()
      running = await launch(file, port)
    },
    stop: async () => {
      await kill()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** How the hub is configured for a directory with the people of the development set-up. */
export function slapdSettings(port: number): DirectorySettings {
  return {
    name: 'test',
    university: 'test.example',
    host: '127.0.0.1',
    port,
    transport: 'startTls',
    ca: TEST_CERTIFICATE,
    service: SERVICE,
    people: {
      base: 'ou=people,dc=carrel,dc=example',
      filter: '(&(objectClass=inetOrgPerson)(uid={username}))',
    },
    attributes: {
      id: 'entryUUID',
      username: 'uid',
      displayname: 'displayName',
      mail: 'mail',
      gidNumber: 'gidNumber',
    },
    groups: {
      base: 'ou=groups,dc=carrel,dc=example',
      filter:
        '(|(&(objectClass=posixGroup)(memberUid={username}))(&(objectClass=groupOfNames)(member={dn})))',
    },
    timeoutMs: 10_000,
    recheckMs: 3_600_000,
  }
}

async function launch(file: string, port: number): Promise<ChildProcess> {
  const slapd = spawn(programOf('slapd') ?? '', ['-h', `ldap://127.0.0.1:${port}`, '-f', file, '-d', '0'], {
    stdio: 'ignore',
  })
  while (!(await answers(port))) {
    if (slapd.exitCode !== null) throw new Error(`slapd ended with ${slapd.exitCode}`)
    await new Promise(setImmediate)
  }
  return slapd
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true))
    socket.once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
