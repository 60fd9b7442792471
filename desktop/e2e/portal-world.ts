import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import type { BrowserContext, Locator, Page } from '@playwright/test'
import { setupFile } from '../../hub/hub-file.ts'
import { makePasswords } from '../../hub/accounts/passwords.ts'
import { query, type Database } from '../../hub/platform/postgres/database.ts'
import { makeTestDatabase } from '../../hub/platform/postgres/testing.ts'
import { createEnrolment } from '../../hub/kiosks/enrol-kiosk.ts'
import { KioskHost } from './kiosk-host.ts'
import { catchMail, type MailCatcher } from './mail-catcher.ts'
import { expect } from './testing.ts'
import { planLibrary, runStaff, startHub, type Library } from './world.ts'

/** The domain of the university whose people the tests are. */
export const DOMAIN = 'portal.example'
/** The name of that university. */
export const UNIVERSITY = 'Portal University'
/** Of everybody who is put straight into the database. */
export const PASSWORD = 'tall lamp under seven stairs'

/** A hub that really runs and gives the portal, with a real mail server behind it. */
export class PortalWorld {
  readonly mail: MailCatcher
  readonly pool: Database
  private readonly libraries: Library[] = []
  private readonly parts: { stop(): Promise<void>; home: string; env: NodeJS.ProcessEnv }
  private hub: Awaited<ReturnType<typeof startHub>>
  private readonly setupLink: string
  private passwordHash = ''
  private personCount = 0

  private constructor(
    mail: MailCatcher,
    pool: Database,
    parts: PortalWorld['parts'],
    hub: PortalWorld['hub'],
  ) {
    this.mail = mail
    this.pool = pool
    this.parts = parts
    this.hub = hub
    // As whoever starts it finds it: later, when somebody administers the platform, a started hub takes the file away.
    this.setupLink = readFileSync(setupFile(parts.env['CARREL_HOME'] ?? ''), 'utf8').trim()
  }

  static async begin(libraryCount: number): Promise<PortalWorld> {
    const [database, mail] = await Promise.all([makeTestDatabase('portal'), catchMail()])
    const home = mkdtempSync(path.join(tmpdir(), 'carrel-portal-'))
    const env: NodeJS.ProcessEnv = {
      ...process.env,
      DATABASE_URL: database.url,
      CARREL_HOME: path.join(home, 'hub'),
      CARREL_PORT: '0',
      CARREL_METRICS_PORT: '0',
      CARREL_LOG: 'silent',
      SMTP_URL: mail.url,
    }
    const hub = await startHub(env)
    // Killed and started again, it is found where it was.
    env['CARREL_PORT'] = String(hub.port)
    const stop = async (): Promise<void> => {
      await database.drop()
      await mail.stop()
    }
    const world = new PortalWorld(mail, database.pool, { stop, home, env }, hub)
    await world.fill(libraryCount)
    return world
  }

  /** For example http://127.0.0.1:40123 */
  get url(): string {
    return `http://127.0.0.1:${this.hub.port}`
  }

  async end(): Promise<void> {
    await this.hub.child.stop()
    await this.parts.stop()
    rmSync(this.parts.home, { recursive: true, force: true })
  }

  /** kill -9: the hub says nothing to anybody. */
  async killHub(): Promise<void> {
    this.hub.child.process.kill('SIGKILL')
    await this.hub.child.ended
  }

  async restartHub(): Promise<void> {
    this.hub = await startHub(this.parts.env)
  }

  /** SIGSTOP: every connection stays open, and nothing is sent on it. */
  stopHub(): void {
    this.hub.child.process.kill('SIGSTOP')
  }

  /** It goes on where it stood; also when it never stood still. */
  continueHub(): void {
    this.hub.child.process.kill('SIGCONT')
  }

  /** The page's next try may be half a minute away, by rule: an `online` event of the browser brings it forward. */
  async bringBack(page: Page): Promise<void> {
    await page.evaluate(() => window.dispatchEvent(new Event('online')))
    await expect(connectionMark(page)).toHaveText('Live')
  }

  /** Reports on a space, removed ones among them. */
  async countReports(spaceName: string): Promise<number> {
    const [row] = await query<{ count: number }>(
      this.pool,
      `select count(*)::int as count from occupancy_reports r join spaces s on s.id = r.space_id where s.name = $1`,
      [spaceName],
    )
    return row?.count ?? 0
  }

  /** A library that no other test has. */
  takeLibrary(): Library {
    const library = this.libraries.pop()
    if (library === undefined) throw new Error('no library is left: raise libraryCount')
    return library
  }

  /** Somebody with a confirmed account and PASSWORD; of the super group, or one who approves universities. Gives the address. */
  async makePerson(kind: 'student' | 'staff' | 'platform' = 'student'): Promise<string> {
    this.personCount += 1
    const isPlatform = kind === 'platform'
    const email = `p${this.personCount}@${isPlatform ? 'carrel.example' : DOMAIN}`
    await query(
      this.pool,
      `with person as (
         insert into users (associated_university_id, is_platform_admin, email, email_key, password_hash, verified_at)
         select case when $3 then null else v.id end, $3, $1::text, $1::text, $2::text, now()
         from universities v where $4 = any(v.email_domains) returning id, associated_university_id
       )
       insert into user_group (university_id, user_id, group_id, permissions)
       select p.associated_university_id, p.id, g.id, 'admin' from person p
       join groups g on g.university_id = p.associated_university_id and g.is_super and $5`,
      [email, this.passwordHash, isPlatform, DOMAIN, kind === 'staff'],
    )
    return email
  }

  /** The link that the hub left for whoever started it, with nobody administering the platform. [IDN-13] */
  async takeSetupLink(): Promise<string> {
    await query(this.pool, 'update users set is_active = false where is_platform_admin')
    await query(this.pool, 'update setup_links set used_at = null')
    return this.setupLink
  }

  /** The newest link to a page that was mailed to an address; waits until there is one. */
  async mailedLink(address: string, page: string): Promise<string> {
    const link = new RegExp(String.raw`http\S+${page}#token=[\w-]{43}`)
    return link.exec((await this.mail.mailTo(address, link)).text)?.[0] ?? ''
  }

  /** Deletes all counted tries: what tests before this one did fills no limit. [IDN-12] */
  async deleteTries(): Promise<void> {
    await query(this.pool, 'delete from rate_limits')
  }

  /** Somebody's password was given longer ago than sensitive acts allow. [IDN-10] */
  async ageConfirmation(email: string): Promise<void> {
    await query(
      this.pool,
      `update sessions s set confirmed_at = now() - interval '11 minutes' from users u where u.id = s.user_id and u.email = $1`,
      [email],
    )
  }

  /** A kiosk that stands at a space and was never seen. */
  async putKiosk(name: string, spaceName: string): Promise<void> {
    await query(
      this.pool,
      `insert into kiosks (university_id, space_id, role, name, public_key, key_grade)
       select university_id, id, 'door', $1::text, $1::text, 'file' from spaces where name = $2`,
      [name, spaceName],
    )
  }

  /** A kiosk that really runs, at the door of a space. Whoever asks for it removes it. */
  async startDoor({ ids }: Library, spaceName: string): Promise<KioskHost> {
    const spaceId = ids.get(spaceName) ?? 0
    const [home] = await query<{ id: number }>(
      this.pool,
      'select university_id as id from spaces where id = $1',
      [spaceId],
    )
    const place = { universityId: home?.id ?? 0, spaceId, role: 'door' as const }
    const { code } = await createEnrolment(this.pool, place)
    const kiosk = new KioskHost(
      `Door of ${spaceName}`,
      this.url,
      mkdtempSync(path.join(this.parts.home, 'kiosk-')),
    )
    await kiosk.start(code)
    return kiosk
  }

  /** A browser of somebody's own, signed in through the page. */
  async signIn(context: BrowserContext, email: string, at = '/'): Promise<Page> {
    const page = await context.newPage()
    await page.goto(this.url + at)
    await enter(page, email, PASSWORD)
    await expect(page.getByRole('navigation', { name: 'Main' })).toBeVisible()
    return page
  }

  private async fill(libraryCount: number): Promise<void> {
    const plans = Array.from({ length: libraryCount }, (_, index) => planLibrary(index + 1))
    const file = path.join(this.parts.home, 'tree.json')
    const tree = { name: UNIVERSITY, kind: 'university', children: plans.map((plan) => plan.tree) }
    writeFileSync(file, JSON.stringify(tree))
    const facts = ['--name', UNIVERSITY, '--domain', DOMAIN, '--timezone', 'Europe/Ljubljana']
    await runStaff(this.parts.env, 'university', 'add', ...facts)
    await runStaff(this.parts.env, 'spaces', 'import', '--university', DOMAIN, file)
    const hash = await makePasswords({ memoryCost: 1024, timeCost: 2, parallelism: 1 }).hash(PASSWORD)
    this.passwordHash = hash.ok ? hash.value : ''
    const spaces = await query<{ id: number; name: string }>(this.pool, 'select id, name from spaces')
    const ids = new Map(spaces.map(({ id, name }) => [name, id]))
    this.libraries.push(
      ...plans.map(({ name, floors, rooms }) => ({ name, floors, rooms, ids })).toReversed(),
    )
  }
}

/** What a page says of its connection to the hub: one word. */
export function connectionMark(page: Page): Locator {
  return page.locator('.p-connection')
}

/** Fills in the sign-in page that is open, and sends it. */
export async function enter(page: Page, email: string, password: string): Promise<void> {
  await page.getByLabel('Email').fill(email)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
}
