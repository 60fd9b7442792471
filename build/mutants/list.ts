import type { Edit } from './copy-tree.ts'

/** A fault that is put into a copy of the project, and the test (arguments of Node) that must turn red. */
export interface Mutant {
  name: string
  edits: Edit[]
  test: readonly string[]
}

const SIMULATION = ['hub/simulation/run.ts', '--ops', '4000', '--seed', '11', '--shrink', '0']

function tests(project: 'unit' | 'database', file: string): string[] {
  return ['node_modules/vitest/vitest.mjs', 'run', '-c', 'build/vitest.config.ts', '--project', project, file]
}

const EXACTLY_ONCE = tests('database', 'hub/occupancy/exactly-once.test.ts')
const DECIDE_HELLO = tests('database', 'hub/platform/connections/decide-hello.test.ts')
const GREEDY_SESSION = [
  ...tests('database', 'hub/platform/http/call-queue.test.ts'),
  '--testNamePattern',
  'GET /me run',
]
const OVERLAY = tests('unit', 'desktop/engine/api/engine.test.ts')
const COLLECTIONS = tests('database', 'hub/platform/broadcast/collections.test.ts')
const FRAMES = tests('unit', 'desktop/engine/sync/apply-rows.test.ts')
const FURTHER_COLLECTION = tests('unit', 'desktop/engine/collections/further-collection.test.ts')

/** The faults that a connection between kiosk and hub invites most, and that of a hub which one session keeps from all others. */
export const MUTANTS: readonly Mutant[] = [
  {
    name: 'no dedupe',
    edits: [
      {
        file: 'hub/platform/writer/kiosk-gate.ts',
        find: 'if (mutation.id <= answer.lastMutationId) return this.repeat(kiosk, mutation, answer)\n',
        replace: '\n',
      },
      {
        file: 'hub/platform/writer/ledger.ts',
        find: 'return this.applied.get(keyOf(originKioskId, originMutationId))?.includes(hash) ?? false',
        replace: "return originKioskId + originMutationId < 0 && hash === ''",
      },
      {
        file: 'hub/platform/postgres/migrations/0001_first_path.sql',
        find: 'create unique index occupancy_reports_origin',
        replace: 'create index occupancy_reports_origin',
      },
    ],
    test: SIMULATION,
  },
  {
    name: 'ack before commit',
    edits: [
      {
        file: 'hub/platform/postgres/database.ts',
        find: "    await client.query('commit')\n",
        replace: "    void client.query('commit').catch(() => undefined)\n",
      },
    ],
    test: SIMULATION,
  },
  {
    name: 'client applies twice',
    edits: [
      {
        file: 'desktop/engine/store/confirmed-rows.ts',
        find: '    if (old !== undefined && !old.isGone) toggleRow(this.digest, old.id, old.clock, salt)\n',
        replace: '',
      },
    ],
    test: SIMULATION,
  },
  {
    name: 'no flush on reconnect',
    edits: [
      {
        file: 'desktop/engine/sync/handshake.ts',
        find: '  session.statusChanged()\n  pushPending(session)\n',
        replace: '  session.statusChanged()\n',
      },
      {
        file: 'desktop/engine/sync/push-pending.ts',
        find: '  if (inFlight === null) return pushPending(session)\n',
        replace: '  if (inFlight === null) return\n',
      },
    ],
    test: SIMULATION,
  },
  {
    name: 'lock and read folded',
    edits: [
      {
        file: 'hub/platform/writer/commit-batch.ts',
        find: '    const locked = await lockUniversity(client, universityId, nowMs)\n    if (locked === null) return null\n',
        replace:
          "    const at = { universityId, clock: 0, factsClock: 0, epoch: '', nowMs: 0 }\n    const early = await batch.needs.load(client, at, dependencies.cache)\n    const locked = await lockUniversity(client, universityId, nowMs)\n    if (locked === null) return null\n",
      },
      {
        file: 'hub/platform/writer/commit-batch.ts',
        find: '    const effects = new Effects()\n    const decided',
        replace:
          '    const { kiosks } = dependencies.registry\n    facts.keep(kiosks, early.of(kiosks))\n    const effects = new Effects()\n    const decided',
      },
    ],
    test: EXACTLY_ONCE,
  },
  {
    name: 'gap skipped',
    edits: [
      {
        file: 'hub/platform/writer/kiosk-gate.ts',
        find: "    if (mutation.id > answer.lastMutationId + 1) return 'gap'\n",
        replace: '',
      },
    ],
    test: EXACTLY_ONCE,
  },
  {
    name: 'hash not compared',
    edits: [
      {
        file: 'hub/platform/writer/ledger.ts',
        find: '?.find((one) => one.hash === hash)',
        replace: '?.find((one) => one.hash !== null)',
      },
    ],
    test: EXACTLY_ONCE,
  },
  {
    name: 'old ticket accepted',
    edits: [
      {
        file: 'hub/platform/connections/decide-hello.ts',
        find: 'if (hasTickets && hello.ticket !== ticketIssued && hello.ticket !== ticketConfirmed)',
        replace: 'if (hasTickets && hello.ticket === null && ticketConfirmed !== null)',
      },
    ],
    test: DECIDE_HELLO,
  },
  {
    name: 'epoch ignored',
    edits: [
      {
        file: 'hub/platform/connections/decide-hello.ts',
        find: '      hello.epoch !== university.epoch ||\n',
        replace: '',
      },
    ],
    test: DECIDE_HELLO,
  },
  {
    name: '`from <= cursor < to` dropped',
    edits: [
      {
        file: 'desktop/engine/sync/decide-frame.ts',
        find: "    if (!isWhole && frame.from > cursor) return { step: 'pull' }\n",
        replace: '',
      },
    ],
    test: FRAMES,
  },
  {
    name: 'overlay removed at the ack',
    edits: [
      {
        file: 'desktop/engine/kinds/pending-mutation.ts',
        find: 'return mutation.ackedHead === null || !position.isSameEpoch || mutation.ackedHead > position.cursor',
        replace: 'return mutation.ackedHead === null && position.cursor >= 0',
      },
    ],
    test: OVERLAY,
  },
  {
    name: 'late report overwrites',
    edits: [
      {
        file: 'hub/occupancy/leaf-fold.ts',
        find: 'return newestReport(stored === null ? latestFirst : [stored, ...latestFirst])',
        replace: 'return latestFirst[0] ?? stored',
      },
    ],
    test: SIMULATION,
  },
  {
    name: 'undo restores an old level',
    edits: [
      {
        file: 'hub/occupancy/leaf-rows.ts',
        find: 'order by r.reported_at desc, r.clock desc,',
        replace: 'order by r.reported_at, r.clock desc,',
      },
    ],
    test: SIMULATION,
  },
  {
    name: 'ancestor update left out',
    edits: [
      {
        file: 'hub/platform/postgres/functions/write_batch.sql',
        find: '  perform climb(changes);\n',
        replace: '',
      },
    ],
    test: SIMULATION,
  },
  {
    name: 'tombstone not sent',
    edits: [
      {
        file: 'hub/spaces/space-feed-rows.ts',
        find: 'and clock > $2 and not (${view.sees}) order by id`',
        replace: 'and clock > $2 and is_deleted and not is_public order by id`',
      },
    ],
    test: SIMULATION,
  },
  {
    name: 'frame of another university',
    edits: [
      {
        file: 'hub/spaces/space-feed-rows.ts',
        find: 'from spaces where university_id = $1 and ${condition} and',
        replace: 'from spaces where university_id + $1 > 0 and ${condition} and',
      },
    ],
    test: SIMULATION,
  },
  {
    name: 'greedy session let through',
    edits: [
      {
        file: 'hub/platform/fair-queue.ts',
        find: 'if (this.running < this.atOnce && owner.running < owner.limit.running) {',
        replace: 'if (this.running < this.atOnce) {',
      },
    ],
    test: GREEDY_SESSION,
  },
  {
    name: "a collection left out of the hub's digest",
    edits: [
      {
        file: 'hub/platform/broadcast/mirror.ts',
        find: '    for (const seen of collections) this.collections.get(seen)?.addDigest(sum, subject, this.lines)\n',
        replace: '',
      },
    ],
    test: COLLECTIONS,
  },
  {
    name: 'a row of another scope sent',
    edits: [
      {
        file: 'hub/platform/broadcast/frame.ts',
        find: ' : [...texts.keys()].filter((other) => lines.areInLine(spaceId, other))',
        replace: ' : [...texts.keys()]',
      },
    ],
    test: COLLECTIONS,
  },
  {
    name: 'a capability ignored by the hub',
    edits: [
      {
        file: 'hub/platform/connections/capabilities.ts',
        find: 'capability !== null && agreed.includes(capability)',
        replace: 'capability !== null',
      },
    ],
    test: COLLECTIONS,
  },
  {
    name: 'a collection left out of a kiosk’s digest',
    edits: [
      {
        file: 'desktop/engine/sync/handle-message.ts',
        find: 'core.mirror.digest([SPACES, ...session.collections])',
        replace: 'core.mirror.digest([SPACES])',
      },
    ],
    test: FURTHER_COLLECTION,
  },
  {
    name: 'a capability ignored by a kiosk',
    edits: [
      {
        file: 'desktop/engine/sync/push-pending.ts',
        find: 'session.capabilities.has(kindCapability(kind))',
        replace: "kindCapability(kind) !== ''",
      },
    ],
    test: FURTHER_COLLECTION,
  },
]
