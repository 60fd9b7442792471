import { BOOKING_FAULTS } from './booking-faults.ts'
import { HUB_FAULTS } from './hub-faults.ts'
import { NOTICE_FAULTS } from './notice-faults.ts'
import { tests, type Mutant } from './mutant.ts'

const SIMULATION = ['hub/simulation/run.ts', '--ops', '4000', '--seed', '11', '--shrink', '0']

const EXACTLY_ONCE = tests('database', 'hub/occupancy/exactly-once.test.ts')
const DECIDE_HELLO = tests('database', 'hub/platform/connections/decide-hello.test.ts')
const GREEDY_SESSION = tests('database', 'hub/platform/http/call-queue.test.ts', 'GET /me run')
const LEDGER = tests('database', 'hub/platform/writer/ledger.test.ts')
const SHARED_BATCH = tests('database', 'hub/platform/writer/shared-batch.test.ts')
const LANE = tests('database', 'hub/platform/writer/lane.test.ts')
const OVERLAY = tests('unit', 'desktop/engine/api/engine.test.ts')
const COLLECTIONS = tests('database', 'hub/platform/broadcast/collections.test.ts')
const FRAMES = tests('unit', 'desktop/engine/sync/apply-rows.test.ts')
const FURTHER_COLLECTION = tests('unit', 'desktop/engine/collections/further-collection.test.ts')
const OUTAGES = tests('unit', 'desktop/engine/sync/again.test.ts')
const PRUNING = tests('unit', 'desktop/engine/core/pruning.test.ts')
const ENROLMENT = tests('unit', 'desktop/engine/process/enrol-with-retries.test.ts')
const BRIDGE_SOCKET = tests('unit', 'desktop/agent/bridge-socket.test.ts')
const SLOW_SCREENS = tests('unit', 'desktop/agent/slow-screens.test.ts')
const RECOVERY = tests('unit', 'desktop/main/recovery.test.ts')
const VISITS = tests('unit', 'desktop/renderer/kiosk/session.test.ts')
const AGENT_BRIDGE = tests('unit', 'desktop/renderer/kiosk/bridge/agent-bridge.test.ts')
const TAP_GUARD = tests('unit', 'desktop/renderer/common/tap-guard.test.ts')
const LIVE_CONNECTION = tests('unit', 'desktop/renderer/portal/live-connection.test.ts')
const LIVE_TREE = tests('unit', 'desktop/renderer/portal/live-tree.test.ts')
const PORTAL_STORE = tests('unit', 'desktop/renderer/portal/store.test.ts')
const LIVE_CHECKS = tests('database', 'hub/platform/connections/live-checks.test.ts')
const FEED_AGAIN = tests('database', 'hub/platform/broadcast/feed-again.test.ts')
const KIOSKS_AGAIN = tests('database', 'hub/platform/connections/kiosk-again.test.ts')

/**
 * The faults that a connection between kiosk and hub invites most, that of a hub which one session keeps from all others, and
 * those of what works the first time and not the second, of conditions that hold off a race, and of lists with one forgotten.
 */
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
  {
    name: 'a person’s command outside the ledger',
    edits: [
      {
        file: 'hub/platform/writer/commit-batch.ts',
        find: '    if (facts.has(callFacts)) await facts.of(callFacts).write(client, moment)\n',
        replace: '',
      },
    ],
    test: SIMULATION,
  },
  {
    name: 'a commit of unknown fate tried again without a name',
    edits: [
      {
        file: 'hub/platform/writer/commit-alone.ts',
        find: '    if (call.named === null || delayMs === undefined',
        replace: '    if (delayMs === undefined',
      },
    ],
    test: LEDGER,
  },
  {
    name: 'a rule that throws takes its neighbours along',
    edits: [
      {
        file: 'hub/platform/writer/kiosk-gate.ts',
        find: '      // Nothing was changed yet: its neighbours go on.\n',
        replace: '      if (error instanceof Error) throw error\n',
      },
    ],
    test: SHARED_BATCH,
  },
  {
    name: 'no deadline for calls that wait for a commit',
    edits: [
      {
        file: 'hub/platform/writer/tenant-writer.ts',
        find: '    } else if (deadlineMs !== null) {\n',
        replace: '    } else if (deadlineMs !== null && deadlineMs < 0) {\n',
      },
    ],
    test: LANE,
  },
  {
    name: 'a bug of ours is taken for an outage',
    edits: [
      {
        file: 'hub/platform/writer/shared-commits.ts',
        find: 'isRefusedByDatabase(error) || isBug(error) ||',
        replace: 'isRefusedByDatabase(error) || error instanceof TypeError ||',
      },
    ],
    test: LANE,
  },
  {
    name: 'no limit of time for statements',
    edits: [
      {
        file: 'hub/hub.ts',
        find: '    isBounded: true,\n',
        replace: '',
      },
    ],
    test: tests('database', 'hub/platform/connections/reserved-connections.test.ts'),
  },
  {
    name: 'an account that is being changed holds up its reports',
    edits: [
      {
        file: 'hub/accounts/user-rows.ts',
        find: "'select 1 from users where id = $1 for no key update'",
        replace: "'select 1 from users where id = $1 for update'",
      },
    ],
    test: LANE,
  },
  {
    name: 'answers that change nothing fill the ledger',
    edits: [
      {
        file: 'hub/platform/writer/commit-batch.ts',
        find: 'command.isRepeatable === true || effects.changeCount === before',
        replace: 'false',
      },
    ],
    test: tests('database', 'hub/platform/http/idempotency-key.test.ts'),
  },
  {
    name: 'long waits after a long outage',
    edits: [
      {
        file: 'desktop/engine/sync/hub-link.ts',
        find: '    Object.assign(state, NO_FAILURES)\n    status.setOnline()',
        replace: '    state.refusedProofs = 0\n    status.setOnline()',
      },
    ],
    test: OUTAGES,
  },
  {
    name: 'offline put off by failed dials',
    edits: [
      {
        file: 'desktop/engine/sync/link-status.ts',
        find: "if (isShort && core.health.link.status === 'online') {",
        replace: "if (isShort && core.health.link.status !== 'offline') {",
      },
    ],
    test: OUTAGES,
  },
  {
    name: 'pruned in the first hour alone',
    edits: [
      {
        file: 'desktop/engine/core/maintenance.ts',
        find: '    state.cancel = clock.after(isMore ? PRUNE_AGAIN_MS : PRUNE_EVERY_MS, prune)\n',
        replace: '    if (isMore) state.cancel = clock.after(PRUNE_AGAIN_MS, prune)\n',
      },
    ],
    test: PRUNING,
  },
  {
    name: 'enrolled twice by a late retry',
    edits: [
      {
        file: 'desktop/engine/process/enrol-with-retries.ts',
        find: 'if (isEnded || !isNotEnrolled(engine)) return',
        replace: 'if (isEnded) return',
      },
    ],
    test: ENROLMENT,
  },
  {
    name: 'token compared by prefix',
    edits: [
      {
        file: 'desktop/agent/bridge-socket.ts',
        find: "return timingSafeEqual(hash(token), hash(shown.ok ? shown.value.token : '')) && shown.ok",
        replace:
          'return shown.ok && timingSafeEqual(hash(token.slice(0, shown.value.token.length)), hash(shown.value.token))',
      },
    ],
    test: BRIDGE_SOCKET,
  },
  {
    name: 'slow screen dropped though it reads',
    edits: [
      {
        file: 'desktop/agent/mirror-slices.ts',
        find: 'socket.bufferedAmount < unread ? 0 : stuckMs',
        replace: 'socket.bufferedAmount < 0 ? 0 : stuckMs',
      },
    ],
    test: SLOW_SCREENS,
  },
  {
    name: 'hang held against the next page',
    edits: [
      {
        file: 'desktop/main/recovery.ts',
        find: "    endHang()\n    log.warn('page-process-gone'",
        replace: "    log.warn('page-process-gone'",
      },
    ],
    test: RECOVERY,
  },
  {
    name: 'sections left for the next visitor',
    edits: [
      {
        file: 'desktop/renderer/kiosk/session.ts',
        find: '    session.toggledSections.size > 0 ||\n',
        replace: '',
      },
    ],
    test: VISITS,
  },
  {
    name: 'agent not dialled after a refusal',
    edits: [
      {
        file: 'desktop/renderer/kiosk/bridge/agent-bridge.ts',
        find: '    parts.after(code === REFUSED ? AGENT_RETRY_MS * 10 : AGENT_RETRY_MS, open)\n',
        replace: '    if (code !== REFUSED) parts.after(AGENT_RETRY_MS, open)\n',
      },
    ],
    test: AGENT_BRIDGE,
  },
  {
    name: 'second tap of two counts',
    edits: [
      {
        file: 'desktop/renderer/common/tap-guard.ts',
        find: 'return detail > 1',
        replace: 'return detail > 2',
      },
    ],
    test: TAP_GUARD,
  },
  {
    name: 'second outage of the portal not shown',
    edits: [
      {
        file: 'desktop/renderer/portal/live-connection.ts',
        find: '    this.timers.grace()\n    this.timers.grace = idle\n',
        replace: '    this.timers.grace()\n',
      },
    ],
    test: LIVE_CONNECTION,
  },
  {
    name: 'two live connections of one person',
    edits: [
      {
        file: 'desktop/renderer/portal/live-tree.ts',
        find: 'if (current.userId === userId && current.live === null) current',
        replace: 'if (current.userId === userId) current',
      },
    ],
    test: LIVE_TREE,
  },
  {
    name: 'draft left for the next person',
    edits: [
      {
        file: 'desktop/renderer/portal/store.ts',
        find: 'const places = { tree, inbox, connection, report, filter, toggledSections, drafts, listPath }',
        replace:
          'const places = { tree, connection, report, filter, toggledSections, drafts: { ...drafts, ...state.drafts }, listPath }',
      },
    ],
    test: PORTAL_STORE,
  },
  {
    name: 'page signed out that opens during a look',
    edits: [
      {
        file: 'hub/platform/connections/live-connections.ts',
        find: 'for (const [sessionId, tabs] of asked) for',
        replace: 'for (const [sessionId, tabs] of this.bySession) for',
      },
    ],
    test: LIVE_CHECKS,
  },
  {
    name: 'sessions looked at once',
    edits: [
      {
        file: 'hub/platform/connections/live-connections.ts',
        find: '        this.cancelCheck = null\n        this.scheduleCheck()',
        replace: '        this.scheduleCheck()',
      },
    ],
    test: LIVE_CHECKS,
  },
  {
    name: 'page that opens proves all others',
    edits: [
      {
        file: 'hub/platform/connections/live-connections.ts',
        find: 'if (this.bySession.size === 0) this.checkedAtMs',
        replace: 'this.checkedAtMs',
      },
    ],
    test: LIVE_CHECKS,
  },
  {
    name: 'reading of the epoch before lent',
    edits: [
      {
        file: 'hub/platform/broadcast/feed.ts',
        find: 'lent = lendNothing()\n    },',
        replace: 'lent.kept = []\n    },',
      },
    ],
    test: FEED_AGAIN,
  },
  {
    name: 'older session takes the newer along',
    edits: [
      {
        file: 'hub/platform/connections/sync-core.ts',
        find: '    if (this.byKiosk.get(kioskId) !== session) return\n',
        replace: '',
      },
    ],
    test: KIOSKS_AGAIN,
  },
  ...HUB_FAULTS,
  ...BOOKING_FAULTS,
  ...NOTICE_FAULTS,
]
