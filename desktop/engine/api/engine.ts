import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import {
  BRIDGE_INPUTS,
  type CallInput,
  type CallName,
  type CallOutput,
  type CallRefusal,
} from '#shared/wire/bridge.ts'
import { CAPABILITIES_BEFORE_3 } from '#shared/wire/capabilities.ts'
import { makeCheck } from '#shared/wire/parse.ts'
import type { Allowance } from '#shared/domain/kiosk.ts'
import { enrol } from '../commands/enrol.ts'
import { leaveFullScreen } from '../commands/leave-full-screen.ts'
import { logPageFault } from '../commands/log-page-fault.ts'
import { openDiagnostics } from '../commands/open-diagnostics.ts'
import { reportOccupancy, type ReportState } from '../commands/report-occupancy.ts'
import { withdrawReport } from '../commands/withdraw-report.ts'
import { appliedPositionOf, type Core, type EngineOptions } from '../core/core.ts'
import { tryWriteCache, tryResetCache, handleDiskError } from '../core/store-writes.ts'
import { makeUnavailableEngine } from './unavailable-engine.ts'
import { makeCore, readRows } from '../core/make-core.ts'
import type { Engine } from './engine-api.ts'
import { openStores, type Stores } from '../store/stores.ts'
import { makeHubLink, type HubLink } from '../sync/hub-link.ts'
import { startMaintenance } from '../core/maintenance.ts'

/**
 * No call takes longer: a request to the hub gives up after five seconds by itself, and waiting for another process's lock
 * after two. A disk that does not answer at all blocks this process, and this timeout with it. [KSK-9]
 */
const CALL_TIMEOUT_MS = 10_000

const CHECKS = {
  reportOccupancy: makeCheck(BRIDGE_INPUTS.reportOccupancy),
  withdrawReport: makeCheck(BRIDGE_INPUTS.withdrawReport),
  enrol: makeCheck(BRIDGE_INPUTS.enrol),
  openDiagnostics: makeCheck(BRIDGE_INPUTS.openDiagnostics),
  leaveFullScreen: makeCheck(BRIDGE_INPUTS.leaveFullScreen),
  painted: makeCheck(BRIDGE_INPUTS.painted),
  logFault: makeCheck(BRIDGE_INPUTS.logFault),
} as const

/** Opens a kiosk's folder and makes its engine; where the folder cannot be opened, one that only says so. Throws only faults of the program. [KSK-1] */
export function openEngine(options: EngineOptions): Engine {
  const opened = openStores(options.folder, options.log)
  if (!opened.ok) return makeUnavailableEngine({ state: 'storeError', advice: opened.refusal }, options.clock)
  return makeEngine(options, opened.value)
}

/** Makes an engine over stores that are open; it closes them when it stops. */
export function makeEngine(options: EngineOptions, stores: Stores): Engine {
  const core = makeCore(options, stores)
  const link = makeHubLink(core)
  const stopMaintenance = startMaintenance(core, link)
  const reporting: ReportState = { allowance: null, confirmed: new Map() }
  const diagnostics = { openedMs: null as number | null }
  const faults = { allowance: null as Allowance | null }

  const pushSoon = makePushSoon(options.clock, link.push)
  const commands: Commands = {
    reportOccupancy: (input) => pushSoon(reportOccupancy(core, reporting, input)),
    withdrawReport: (input) => pushSoon(withdrawReport(core, reporting, input)),
    enrol: (input) =>
      enrol(
        core,
        { stopLink: link.stop, becameKiosk: (isOther) => restartAsNewKiosk(core, link, isOther) },
        input,
      ),
    openDiagnostics: async (input) => {
      const decided = await openDiagnostics(core, link, input)
      if (decided.ok) diagnostics.openedMs = options.clock.elapsedMs()
      return decided
    },
    leaveFullScreen: () => leaveFullScreen(options, diagnostics.openedMs),
    // Whether a page still paints is watched by the shell: only it can restart one. [SCR-3]
    painted: () => accept(null),
    logFault: (input) => logPageFault(options, faults, input),
  }
  const call: Engine['call'] = async (name, input) => {
    try {
      if (!isCallName(name)) return refuse({ why: 'unknownCall' })
      return await withTimeout(options.clock, runCall(commands, name, input))
    } catch (error) {
      if (handleDiskError(core, error)) return refuse({ why: 'notSaved' })
      options.log.warn('call-failed', 'A call of a page failed by a fault of the program.', {
        name,
        reason: String(error),
      })
      return refuse({ why: 'internal' })
    }
  }

  return {
    start: link.start,
    stop: () => {
      stopMaintenance()
      link.stop()
      stores.close()
    },
    call,
    subscribe: core.screen.subscribe,
    readRows: () => readRows(core),
    enrolWith: (code) => call('enrol', { code }) as Promise<CallOutput<'enrol'>>,
    failed: core.failed.promise,
  }
}

type Commands = {
  [Name in CallName]: (input: CallInput<Name>) => CallOutput<Name> | Promise<CallOutput<Name>>
}

function isCallName(name: string): name is CallName {
  return Object.hasOwn(BRIDGE_INPUTS, name)
}

async function runCall<Name extends CallName>(
  commands: Commands,
  name: Name,
  input: unknown,
): Promise<CallOutput<Name>> {
  const checked = CHECKS[name](input)
  if (!checked.ok) return refuse({ why: 'malformed' })
  return commands[name](checked.value as CallInput<Name>)
}

/** The call's answer, or a refusal once it took too long: its effect may still come later. [KSK-9] */
function withTimeout<Output>(
  clock: EngineOptions['clock'],
  called: Promise<Decision<Output, CallRefusal>>,
): Promise<Decision<Output, CallRefusal>> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(CALL_TIMEOUT_MS, () => resolve(refuse({ why: 'tookTooLong' })))
    void called.then(resolve, reject).finally(cancel)
  })
}

/**
 * Pushes what was stored, where there is a connection, right after whoever made it has their answer: building and sending a push takes
 * as long as half of a tap's flush.
 */
function makePushSoon(
  clock: EngineOptions['clock'],
  push: () => void,
): <Output extends { ok: boolean }>(decided: Output) => Output {
  const state = { isDue: false }
  return (decided) => {
    if (!decided.ok || state.isDue) return decided
    state.isDue = true
    clock.after(0, () => {
      state.isDue = false
      push()
    })
    return decided
  }
}

/** After an enrolment the link starts again; rows of another university are dropped. [SYN-20] [SYN-21] */
function restartAsNewKiosk(core: Core, link: HubLink, isOtherUniversity: boolean): void {
  const { stores, mirror, pending, screen, options } = core
  core.assignment.current = null
  core.health.isAssignmentRefused = false
  if (isOtherUniversity) {
    core.headSignature.newest = null
    core.capabilities.current = new Set(CAPABILITIES_BEFORE_3)
    screen.markRows(mirror.clear())
  }
  const isKept = tryWriteCache(core, () => {
    stores.cache.insertAssignment(null)
    if (isOtherUniversity) stores.cache.dropHubRows()
  })
  // Nothing of another university may come back at the next start: then rather an empty cache.
  if (!isKept && isOtherUniversity && stores.hasCache()) tryResetCache(core)
  const held = stores.outbox.readHeldMutations(core.kinds, options.clock.bootId)
  screen.markRows(pending.reset(held, appliedPositionOf(core)))
  core.health.link = { status: 'connecting', reason: null }
  screen.publish('kiosk')
  screen.publish('link')
  screen.publish('outbox')
  link.start()
}
