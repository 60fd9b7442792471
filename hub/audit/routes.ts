import { Readable } from 'node:stream'
import { may } from '#shared/domain/access.ts'
import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import { actKey } from '#shared/i18n/words.ts'
import { actorsNamed, wordsOfAct, type ActWords } from './act-words.ts'
import { makeZonedText, zoneOrUtc } from './zoned-time.ts'
import type { NamelessChange } from './change-name-rows.ts'
import {
  loadBeyondNewest,
  loadChangePage,
  hasReadLately,
  loadChangeRows,
  loadPageEnd,
  type ChangeFilter,
} from './change-log-rows.ts'
import { appendChange, changedBy } from '../platform/postgres/append-change.ts'
import type { Database } from '../platform/postgres/database.ts'
import { loadTimezone } from '../platform/postgres/university-facts.ts'
import { csvLine } from './csv-text.ts'
import type { RouteInput } from '#shared/wire/rest.ts'
import { API_PREFIX, type HttpRefusal, type Handle, type SignedIn } from '../platform/http/handle.ts'

const PAGE_ROWS = 50
/** Most rows of one table, of which there may be several: what spreadsheets still open, and what one person reads out of the log in one go. */
const MAX_TABLE_ROWS = 100_000
/** Who looks at the same again within so long is written down once, ms: else the log is full of looks at itself. [AUD-3] */
const READ_AGAIN_MS = 3_600_000
/** A table is read in such steps, without a transaction that a slow reader could hold open. */
const TABLE_STEP_ROWS = 2_000

/** Routes of the log of administrative acts. Reading it is logged too. [AUD-3] [AUD-4] [AUD-7] */
export function changeRoutes(handle: Handle, { pool }: { pool: Database }): void {
  handle('GET /changes', async ({ query }, caller) => {
    const university = universityOfReader(caller)
    if (!university.ok) return university
    const { before = null, limit = PAGE_ROWS } = query
    const found = await loadChangePage(pool, university.value, filterOf(query), { before, count: limit })
    const search = withoutAddress(searchOf(query))
    const reading = { universityId: university.value, userId: caller.actor.userId, search }
    if (!(await hasReadLately(pool, reading, READ_AGAIN_MS)))
      await appendReading(pool, university.value, caller, 'read', { ...search, count: found.changes.length })
    return accept(found)
  })
  handle('GET /changes.csv', async ({ query }, caller) => {
    const university = universityOfReader(caller)
    if (!university.ok) return university
    if (!caller.isConfirmed) return refuse({ why: 'passwordNeeded' })
    const timezone = await loadTimezone(pool, university.value)
    const { before, limit = MAX_TABLE_ROWS, language } = query
    const filter = filterOf(query)
    const { language: _language, ...asked } = query
    await appendReading(pool, university.value, caller, 'export', withoutAddress(asked))
    // Where it begins and ends is known before the first row is sent; acts that come meanwhile move neither.
    const page = { before: before ?? (await loadBeyondNewest(pool)), count: limit }
    const end = await loadPageEnd(pool, university.value, filter, page)
    if (end !== null) void caller.reply.header('link', `<${nextPage(query, end)}>; rel="next"`)
    void caller.reply.header('content-disposition', 'attachment; filename="changes.csv"')
    const steps = readSteps(pool, university.value, filter, { ...page, end })
    const words = language === undefined ? null : wordsOfAct(language)
    return accept(Readable.from(tableText(steps, timezone, words)))
  })
}

type ChangeQuery = RouteInput<'GET /changes'>['query']

/** What is looked for: without where the page begins and how long it is. */
function searchOf({
  before: _before,
  limit: _limit,
  language: _language,
  ...search
}: ChangeQuery): ChangeFilter {
  return search
}

/** The same as the database is asked for it: whoever looks for "Command line" means what the hub calls cli. [AUD-10] */
function filterOf(query: ChangeQuery): ChangeFilter {
  return { ...searchOf(query), actors: actorsNamed(query.person ?? '', query.language) }
}

function universityOfReader({ actor }: SignedIn): Decision<number, HttpRefusal> {
  const { universityId } = actor
  return universityId !== null && may(actor, 'readChanges', { universityId })
    ? accept(universityId)
    : refuse({ why: 'notAllowed' })
}

/** What was looked for, as it may be kept for ever: somebody may be looked for by their mail address. [AUD-1] */
function withoutAddress(query: object): Record<string, string | number> {
  return Object.fromEntries(
    Object.entries(query).map(([key, value]: [string, string | number]) =>
      typeof value === 'string' && value.includes('@') ? [key, 'an address'] : [key, value],
    ),
  )
}

function appendReading(
  pool: Database,
  universityId: number,
  caller: SignedIn,
  subject: 'read' | 'export',
  log: Record<string, unknown>,
): Promise<void> {
  return appendChange(pool, { ...changedBy(caller), universityId, service: 'log', subject, log })
}

/** The acts down to `end`, or to the oldest: also the few that were being written when that was found out. [AUD-7] */
async function* readSteps(
  pool: Database,
  universityId: number,
  filter: ChangeFilter,
  { before, count, end }: { before: number; count: number; end: number | null },
): AsyncGenerator<NamelessChange[]> {
  let from = before
  for (let left = count; ; left -= TABLE_STEP_ROWS) {
    const page = { before: from, count: left > 0 ? Math.min(left, TABLE_STEP_ROWS) : TABLE_STEP_ROWS }
    const found = await loadChangeRows(pool, universityId, filter, page)
    const rows = end === null ? found : found.filter(({ id }) => id >= end)
    yield rows
    const last = rows.at(-1)?.id
    if (last === undefined || last === end || rows.length < page.count) return
    from = last
  }
}

/** The address of the table that goes on where this one ends. [AUD-7] */
function nextPage(query: Record<string, string | number>, before: number): string {
  const search = new URLSearchParams(
    Object.entries({ ...query, before }).map(([key, value]): [string, string] => [key, String(value)]),
  )
  return `${API_PREFIX}/changes.csv?${search.toString()}`
}

/** The byte order mark makes spreadsheets read UTF-8. With words, who acted has a name also where it is no person. */
async function* tableText(
  steps: AsyncIterable<NamelessChange[]>,
  timezone: string,
  words: ActWords | null,
): AsyncGenerator<string> {
  const zone = zoneOrUtc(timezone)
  const timeText = makeZonedText(zone)
  const heads = ['id', `time (${zone.name})`, 'actor', 'name', 'service', 'subject', 'address', 'log']
  yield `\ufeff${csvLine(words === null ? heads : [...heads, 'what'])}`
  for await (const rows of steps)
    yield rows
      .map((row) =>
        csvLine([
          row.id,
          timeText(row.atMs),
          row.actor,
          row.actorName ?? words?.actor[row.actor] ?? null,
          row.service,
          row.subject,
          row.address,
          JSON.stringify(row.log),
          ...(words === null ? [] : [words.act[actKey(row)] ?? `${row.service}: ${row.subject}`]),
        ]),
      )
      .join('')
}
