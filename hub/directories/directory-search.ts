import { StatusCodeParser, SearchResponse, type Entry } from 'ldapts'
import type { LdapClient, Search, SearchAnswer } from './ldap-client.ts'

/** Why a result is incomplete. */
export type Shortfall = 'sizeLimit' | 'timeLimit' | 'adminLimit' | 'overfull' | 'elsewhere' | 'range'

/** What a search found; `shortfall` is null when that is all of it. */
export interface SearchResult {
  entries: Entry[]
  shortfall: Shortfall | null
}

/** A search without its limits. */
export type SearchQuery = Omit<Search, 'sizeLimit' | 'page'>

/** Directories give a thousand at a time at most, unless configured otherwise. */
const PAGE_SIZE = 200
/** Result codes with which a directory refuses paging, and not the search. */
const REFUSES_PAGES = new Set([2, 11, 12, 53])

const LIMITS = new Map<number, Shortfall>([
  [3, 'timeLimit'],
  [4, 'sizeLimit'],
  [11, 'adminLimit'],
])

/**
 * Finds at most two entries, which is enough to see whether there is exactly one. A directory that gives fewer than were asked for
 * says so: then there are more than it shows. Rejects with its ResultCodeError when it refuses. [DIR-10]
 */
export async function findFew(client: LdapClient, query: SearchQuery): Promise<SearchResult> {
  const answer = await client.search({ ...query, sizeLimit: 2 }, 2)
  return { entries: answer.entries, shortfall: shortfallOf(answer) }
}

/**
 * Finds all entries, page after page, but not more than `maxCount`; all at once where a directory knows no pages. Rejects with its
 * ResultCodeError when it refuses. [DIR-10] [DIR-11]
 */
export async function findAll(
  client: LdapClient,
  query: SearchQuery,
  maxCount: number,
): Promise<SearchResult> {
  const entries: Entry[] = []
  let shortfall: Shortfall | null = null
  let cookie: Buffer | null = null
  do {
    const page = { size: PAGE_SIZE, ...(cookie === null ? {} : { cookie }) }
    const answer: SearchAnswer = await client.search(
      { ...query, sizeLimit: 0, page },
      maxCount - entries.length,
    )
    if (cookie === null && answer.entries.length === 0 && REFUSES_PAGES.has(answer.status))
      return findAtOnce(client, query, maxCount)
    shortfall ??= shortfallOf(answer)
    entries.push(...answer.entries)
    ;({ cookie } = answer)
  } while (cookie !== null && shortfall !== 'overfull')
  return { entries, shortfall }
}

async function findAtOnce(client: LdapClient, query: SearchQuery, maxCount: number): Promise<SearchResult> {
  const answer = await client.search({ ...query, sizeLimit: 0 }, maxCount)
  return { entries: answer.entries, shortfall: shortfallOf(answer) }
}

function shortfallOf({ status, isOverfull, references }: SearchAnswer): Shortfall | null {
  const limit = LIMITS.get(status)
  if (limit === undefined && status !== 0)
    throw StatusCodeParser.parse(new SearchResponse({ messageId: 0, status }))
  if (limit !== undefined) return limit
  if (isOverfull) return 'overfull'
  return references.every((uri) => WITHOUT_PEOPLE.test(uri)) ? null : 'elsewhere'
}

/** Below its root Active Directory names these partitions in every answer; neither people nor groups are there. */
const WITHOUT_PEOPLE = /\/(DC=(Domain|Forest)DnsZones|CN=Configuration),/i
