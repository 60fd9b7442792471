import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { Type } from 'typebox'
import { accept } from '#shared/domain/decision.ts'
import { sessionFacts } from '../../accounts/actors.ts'
import { COMMANDS } from '../../commands.ts'
import { kioskFacts } from '../../kiosks/kiosk-facts.ts'
import { silenceCommand } from '../../kiosks/silence-kiosk.ts'
import { leafFacts } from '../../occupancy/leaf-facts.ts'
import {
  correctionCommand,
  personReportCommand,
  personWithdrawCommand,
} from '../../occupancy/person-commands.ts'
import { reportCommand, withdrawCommand } from '../../occupancy/report-commands.ts'
import { itemsOf, makeCommitDependencies } from '../../testing/testing-commits.ts'
import { loadOccupancy } from '../../testing/testing-campus.ts'
import { insertTestKiosk, type TestKiosk } from '../../testing/testing-kiosk.ts'
import { makeTestTenant, type TestTenant } from '../../testing/testing-spaces.ts'
import { query } from '../postgres/database.ts'
import { makeTestDatabase, type TestDatabase } from '../postgres/testing.ts'
import type { CommitResult, Push } from './batch.ts'
import { makeInternalName } from './call-name.ts'
import type { KioskCommand, PersonCall, PersonCommand } from './command.ts'
import { commitBatch, type CommitDependencies } from './commit-batch.ts'
import { makeRegistry } from './registry.ts'

const NOW = 1_800_000_000_000
type Person = TestTenant['student']

let database: TestDatabase
let tenant: TestTenant
let kiosk: TestKiosk
let count = 0
let failures: string[]

beforeAll(async () => {
  database = await makeTestDatabase('shared_batch')
})
afterAll(() => database.drop())
beforeEach(async () => {
  count += 1
  failures = []
  tenant = await makeTestTenant(database.pool, `S${count}`)
  const { universityId, root } = tenant.campus
  kiosk = await insertTestKiosk(database.pool, { universityId, spaceId: root })
})

const room = (): number => tenant.campus.rooms[0]

async function commit(
  list: (Push | PersonCall)[],
  dependencies: CommitDependencies = makeCommitDependencies(database.pool),
): Promise<CommitResult> {
  const done = await commitBatch(dependencies, tenant.campus.universityId, itemsOf(...list), NOW)
  if (done === null) throw new Error('no such university')
  return done
}

function call<Body, Value, Result>(
  person: Person,
  command: PersonCommand<Body, Value, Result>,
  body: Body,
): PersonCall {
  const { userId, sessionId } = person
  return {
    command: command,
    by: { userId, sessionId, address: '127.0.0.1' },
    body,
    name: makeInternalName(),
  }
}

function push(...mutations: Push['mutations']): Push {
  return { kioskId: kiosk.id, session: 0, waitedMs: 0, mutations }
}

let keys = 0
function report(person: Person, level: 0 | 1 | 2, spaceId = room()): PersonCall {
  keys += 1
  return call(person, personReportCommand, { spaceId, level, key: `key-of-sixteen-chars-${keys}` })
}

const refusalOf = (answer: CommitResult['answers'][number] | undefined): unknown =>
  answer !== undefined && 'decision' in answer && !answer.decision.ok ? answer.decision.refusal : null
const valueOf = <Value>(answer: CommitResult['answers'][number] | undefined): Value => {
  if (answer === undefined || !('decision' in answer) || !answer.decision.ok) throw new Error('refused')
  return answer.decision.value as Value
}

test('[SYN-2] [OCC-1] kiosks and people share a commit: one step of the clock, all answered, the newest counts', async () => {
  const done = await commit([
    push({ ...kiosk.report(room(), 0), ageMs: 10 }),
    report(tenant.student, 1),
    report(tenant.other, 2),
  ])
  expect(done).toMatchObject({ clock: 2, isStep: true, leaves: [{ id: room(), level: 2, kioskId: null }] })
  expect(done.answers[0]).toMatchObject({ verdict: 'done', lastMutationId: 1 })
  const [, first, second] = done.answers
  const ids = [first, second].map((answer) => valueOf<{ report: { id: number } }>(answer).report.id)
  expect(ids[1]).toBeGreaterThan(ids[0] ?? 0)
  expect(await loadOccupancy(database.pool, room())).toMatchObject({ level: 2 })
})

test('[OCC-2] of two people’s reports of one commit the later one is undone alone, and the earlier one counts again', async () => {
  const done = await commit([report(tenant.student, 1), report(tenant.other, 2)])
  const { id: reportId } = valueOf<{ report: { id: number } }>(done.answers[1]).report
  const undone = await commit([call(tenant.other, personWithdrawCommand, { reportId, spaceId: room() })])
  expect(undone.leaves).toMatchObject([{ id: room(), level: 1 }])
  const again = await commit([call(tenant.other, personWithdrawCommand, { reportId, spaceId: room() })])
  expect(again).toMatchObject({ isStep: false, clock: undone.clock })
})

test('[OCC-2] the earlier of two people’s reports of one commit is undone, and the later one goes on counting', async () => {
  const done = await commit([report(tenant.student, 1), report(tenant.other, 2)])
  const { id: reportId } = valueOf<{ report: { id: number } }>(done.answers[0]).report
  await commit([call(tenant.student, personWithdrawCommand, { reportId, spaceId: room() })])
  expect(await loadOccupancy(database.pool, room())).toMatchObject({ level: 2 })
})

test('[CON-3] the same key twice in one commit counts once, and another level under it is refused', async () => {
  const one = report(tenant.student, 1)
  const { body } = one as { body: { spaceId: number; level: number; key: string } }
  // By its own name, as a phone sends it, and without the ledger's help.
  const other = { ...one, name: makeInternalName(), body: { ...body, level: 2 } }
  const done = await commit([one, one, { ...one, name: makeInternalName() }, other])
  const [first, second, third] = done.answers.map((answer) => ('decision' in answer ? answer.decision : null))
  expect([second, third]).toEqual([first, first])
  expect(refusalOf(done.answers[3])).toEqual({ why: 'keyReused' })
})

test('[CON-2] earlier reports of the same commit count against a person’s limit', async () => {
  await query(
    database.pool,
    `update universities set settings = settings || $2, facts_clock = clock where id = $1`,
    [tenant.campus.universityId, JSON.stringify({ reportsPerPersonAndHour: 2 })],
  )
  const done = await commit([
    report(tenant.student, 0),
    report(tenant.student, 1),
    report(tenant.student, 2),
    report(tenant.other, 2),
  ])
  expect(done.answers.map(refusalOf)).toEqual([null, null, { why: 'tooMany', retryAfterS: 3600 }, null])
})

test('[CON-4] a kiosk is silenced between two of its pushes of one commit: the first counts, the second does not', async () => {
  const silence = call(tenant.chief, silenceCommand, { kioskId: kiosk.id, isSilenced: true })
  await commit([push(kiosk.report(room(), 1)), silence, push(kiosk.report(room(), 2))])
  expect(await loadOccupancy(database.pool, room())).toMatchObject({ level: 1 })
  const [row] = await query<{ silenced: boolean }>(
    database.pool,
    'select silenced_at is not null as silenced from kiosks where id = $1',
    [kiosk.id],
  )
  expect(row).toEqual({ silenced: true })
})

test('[IDN-9] whoever signed out before the commit is refused, and their neighbours are not', async () => {
  await query(database.pool, 'update sessions set revoked_at = now() where id = $1', [
    tenant.student.sessionId,
  ])
  const done = await commit([report(tenant.student, 1), report(tenant.other, 2)])
  expect(done.answers.map(refusalOf)).toEqual([{ why: 'signInNeeded' }, null])
})

test('[IDN-9] a session is another person’s in nobody’s hands: a call under another user’s id is refused', async () => {
  const stolen = report(tenant.student, 1)
  const done = await commit([{ ...stolen, by: { ...stolen.by, userId: tenant.other.userId } }])
  expect(done.answers.map(refusalOf)).toEqual([{ why: 'signInNeeded' }])
})

test('[CON-5] a correction to nothing takes all reports of before away, and later ones count', async () => {
  await commit([push(kiosk.report(room(), 2)), report(tenant.student, 1)])
  const corrected = await commit([
    call(tenant.chief, correctionCommand, { spaceId: room(), level: null, key: 'level:one' }),
  ])
  expect(corrected.leaves).toMatchObject([{ id: room(), level: null }])
  const later = await commit([report(tenant.other, 0)])
  const { id: reportId } = valueOf<{ report: { id: number } }>(later.answers[0]).report
  await commit([call(tenant.other, personWithdrawCommand, { reportId, spaceId: room() })])
  expect(await loadOccupancy(database.pool, room())).toMatchObject({ level: null })
})

test('[SYN-7] [SYN-36] a rule that throws is refused alone: its neighbours commit, and it is written down', async () => {
  const broken: KioskCommand = {
    kind: 'broken',
    schema: Type.Unknown(),
    load: () => undefined,
    decide: () => {
      throw new TypeError('a bug')
    },
    write: () => undefined,
  }
  const brokenCall: PersonCommand = {
    name: 'broken call',
    load: () => undefined,
    decide: () => {
      throw new TypeError('a bug')
    },
    write: () => undefined,
    answer: () => null,
  }
  const registry = makeRegistry({
    kiosks: kioskFacts,
    people: sessionFacts,
    kioskCommands: [reportCommand, withdrawCommand, broken],
    always: [leafFacts],
  })
  const dependencies = {
    ...makeCommitDependencies(database.pool, registry),
    ruleFailed: (command: string) => void failures.push(command),
  }
  const wrong = { ...kiosk.report(room(), 1), kind: 'broken' }
  const done = await commit(
    [
      push(kiosk.report(room(), 0), wrong, kiosk.report(room(), 2)),
      call(tenant.student, brokenCall, null),
      report(tenant.other, 1, tenant.campus.rooms[1]),
    ].map((item) =>
      'mutations' in item
        ? { ...item, mutations: item.mutations.map((one, index) => ({ ...one, id: index + 1 })) }
        : item,
    ),
    dependencies,
  )
  expect(done.answers[0]).toEqual({
    verdict: 'done',
    lastMutationId: 3,
    outcomes: [{ id: 2, why: 'internal' }],
  })
  expect(done.answers[1]).toEqual({ failed: expect.any(TypeError) })
  expect(refusalOf(done.answers[2])).toBeNull()
  expect(failures).toEqual(['broken', 'broken call'])
  expect(await loadOccupancy(database.pool, room())).toMatchObject({ level: 2 })
})

test('[SYN-13] two commands of one kind are refused when the hub starts', () => {
  const twice = { ...COMMANDS, kioskCommands: [reportCommand, reportCommand], always: [leafFacts] }
  expect(() => makeRegistry(twice)).toThrow('two commands of one kind')
})

test('a call of nobody’s facts: a command that reads what it did not ask for is a bug of its own', async () => {
  const forgetful: PersonCommand = {
    name: 'forgetful',
    load: () => undefined,
    decide: (_wish, facts) => accept(facts.of(kioskFacts)),
    write: () => undefined,
    answer: () => null,
  }
  const dependencies = { ...makeCommitDependencies(database.pool), ruleFailed: () => undefined }
  const done = await commit([call(tenant.student, forgetful, null)], dependencies)
  expect(done.answers).toEqual([{ failed: expect.any(Error) }])
})
