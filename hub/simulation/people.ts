import type { Decision } from '#shared/domain/decision.ts'
import type { Level } from '#shared/domain/occupancy.ts'
import { makeSeededRandom, type SeededRandom } from '#shared/domain/seeded-random.ts'
import type { HttpRefusal } from '../platform/http/handle.ts'
import { query, transaction, type Database } from '../platform/postgres/database.ts'
import { hashCall, isLastWord, type CallName } from '../platform/writer/call-name.ts'
import type { TenantWriter } from '../platform/writer/tenant-writer.ts'
import {
  correctionCommand,
  personReportCommand,
  personWithdrawCommand,
} from '../occupancy/person-commands.ts'
import { CORRECTION_KEY_PREFIX } from '../occupancy/person-report-rows.ts'
import { editSpaceCommand, newSpaceCommand } from '../spaces/edit-space.ts'
import { trackCommand, untrackCommand } from '../spaces/track-space.ts'
import type { HubProcess } from './hub-process.ts'

/** A person of a simulation, signed in. */
export interface Person {
  /** Index of their university. */
  university: number
  universityId: number
  userId: number
  sessionId: number
  /** Of the super group. */
  isChief: boolean
}

/** What a person asks for. */
export type Wish =
  | { act: 'report'; spaceId: number; level: Level }
  | { act: 'undo'; reportId: number; spaceId: number }
  | { act: 'make'; parentId: number }
  | { act: 'edit'; id: number; version: number; capacity: number }
  | { act: 'track' | 'untrack'; spaceId: number }
  | { act: 'correct'; spaceId: number; level: Level }

/** A call of a person under a key that they may send again, and all that they were answered. */
export interface PersonCall {
  person: Person
  key: string
  wish: Wish
  /** The outcome as it was first given; null: none yet, or the database went back to before it. */
  answer: Decision<unknown, HttpRefusal> | null
  /** The life of a hub that it was last sent to; null: none, or the database went back since. */
  sentTo: HubProcess['core']
}

/** What people do at the hubs: their calls with keys, what they were answered, and what was wrong in that. [SYN-51] [SYN-52] [SYN-54] */
export class People {
  readonly persons: Person[] = []
  readonly calls: PersonCall[] = []
  /** Chance of its own: what devices and hubs do is as it was without people. */
  readonly random: SeededRandom
  private readonly hubs: readonly HubProcess[]
  private readonly heard: PeopleHeard

  constructor(hubs: readonly HubProcess[], heard: PeopleHeard, seed: number) {
    this.hubs = hubs
    this.heard = heard
    this.random = makeSeededRandom(seed)
  }

  /** Makes two students and a member of the super group in a university. */
  async join(pool: Database, university: number, universityId: number): Promise<void> {
    for (const isChief of [false, false, true]) {
      const name = `u${university}-${this.persons.length}`
      this.persons.push({
        university,
        universityId,
        isChief,
        ...(await insertPerson(pool, universityId, name, isChief)),
      })
    }
  }

  /** Asks for something for the first time. False: no hub runs. */
  ask(person: Person, wish: Wish): boolean {
    const call: PersonCall = {
      person,
      key: `call-${this.calls.length}-of-sixteen-chars`,
      wish,
      answer: null,
      sentTo: null,
    }
    this.calls.push(call)
    return this.send(call)
  }

  /** Sends a call, perhaps again: to any hub. False: none runs. */
  send(call: PersonCall): boolean {
    const running = this.hubs.filter((hub) => hub.isRunning)
    const hub = running.length === 0 ? undefined : this.random.pick(running)
    if (hub?.core === null || hub === undefined) return false
    const isLost = call.sentTo !== null && !this.hubs.some(({ core }) => core === call.sentTo)
    if (isLost && call.answer === null) this.heard.fired('call of a person again, its fate unknown')
    call.sentTo = hub.core
    const name = { key: call.key, hash: hashCall(call.wish.act, call.wish) }
    commit(hub.core.writer, call, name).then(
      (decision) => this.answered(call, decision),
      () => undefined,
    )
    return true
  }

  /** Asks for something else under a key that was settled: it must be refused. */
  misuse(call: PersonCall): boolean {
    const hub = this.hubs.find(({ isRunning }) => isRunning)
    if (hub === undefined || hub.core === null || call.answer === null) return false
    const name = { key: call.key, hash: hashCall('something else', call.wish) }
    commit(hub.core.writer, call, name).then(
      (decision) => {
        const why = decision.ok ? 'done' : decision.refusal.why
        if (why !== 'keyReused' && (decision.ok || isLastWord(decision.refusal)))
          this.heard.broken(`${call.key}: another call under it was not refused but ${why}`)
      },
      () => undefined,
    )
    return true
  }

  /** The database went back: what it does not know any more was not done. */
  async forget(pool: Database): Promise<void> {
    const rows = await query<{ key: string }>(pool, 'select key from mutations where key is not null')
    const known = new Set(rows.map(({ key }) => key))
    for (const call of this.calls) {
      call.sentTo = null
      if (!known.has(call.key)) call.answer = null
    }
  }

  private answered(call: PersonCall, decision: Decision<unknown, HttpRefusal>): void {
    this.heard.note(call.key, `${call.wish.act} ${decision.ok ? 'done' : decision.refusal.why}`)
    if (!decision.ok && !isLastWord(decision.refusal)) return
    if (call.answer !== null && JSON.stringify(call.answer) !== JSON.stringify(decision))
      this.heard.broken(
        `${call.key}: answered ${JSON.stringify(call.answer)}, then ${JSON.stringify(decision)}`,
      )
    call.answer ??= decision
  }
}

/** Who hears of what people do. */
export interface PeopleHeard {
  fired(what: string): void
  broken(fault: string): void
  note(what: string, text: string): void
}

function commit(
  writer: TenantWriter,
  { person, key, wish }: PersonCall,
  name: CallName,
): Promise<Decision<unknown, HttpRefusal>> {
  const { universityId, userId, sessionId } = person
  const by = { userId, sessionId, address: '127.0.0.1' }
  switch (wish.act) {
    case 'report':
      return writer.run(universityId, personReportCommand, by, { ...wish, key }, name)
    case 'undo':
      return writer.run(universityId, personWithdrawCommand, by, wish, name)
    case 'correct':
      return writer.run(universityId, correctionCommand, by, { ...wish, key: correctionKeyOf(key) }, name)
    case 'track':
      return writer.run(universityId, trackCommand, by, wish, name)
    case 'untrack':
      return writer.run(universityId, untrackCommand, by, wish, name)
    case 'make': {
      const input = { name: spaceNameOf(key), kind: 'carrel' as const, parentId: wish.parentId }
      return writer.runAlone(universityId, newSpaceCommand, { by, input }, name)
    }
    case 'edit': {
      const { id, version, capacity } = wish
      const input = { id, version, patch: { capacity, location: key } }
      return writer.runAlone(universityId, editSpaceCommand, { by, input }, name)
    }
  }
}

/** The key of the report that a correction makes. */
export function correctionKeyOf(key: string): string {
  return `${CORRECTION_KEY_PREFIX}${key}`
}

/** The name of the space that a call makes. */
export function spaceNameOf(key: string): string {
  return `Made by ${key}`
}

async function insertPerson(
  pool: Database,
  universityId: number,
  name: string,
  isChief: boolean,
): Promise<{ userId: number; sessionId: number }> {
  return transaction(pool, 'read committed', async (client) => {
    const [user] = await query<{ id: number }>(
      client,
      `insert into users (associated_university_id, email, email_key, verified_at)
       values ($1, $2, $2, now()) returning id`,
      [universityId, `${name}@example.edu`],
    )
    const userId = user?.id ?? 0
    const [session] = await query<{ id: number }>(
      client,
      `insert into sessions (user_id, family, refresh_hash, expires_at)
       values ($1, $2, $2, now() + interval '7 days') returning id`,
      [userId, name],
    )
    if (isChief) {
      const [group] = await query<{ id: number }>(
        client,
        `insert into groups (university_id, name, is_super) values ($1, 'cspace', true) returning id`,
        [universityId],
      )
      await query(
        client,
        `insert into user_group (university_id, user_id, group_id, permissions) values ($1, $2, $3, 'member')`,
        [universityId, userId, group?.id],
      )
    }
    return { userId, sessionId: session?.id ?? 0 }
  })
}
