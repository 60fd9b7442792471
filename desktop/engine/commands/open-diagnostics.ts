import { accept, refuse } from '#shared/domain/decision.ts'
import type { CallInput, CallOutput, Diagnostics } from '#shared/wire/bridge.ts'
import { spaceCollection } from '../collections/spaces.ts'
import type { Core } from '../core/core.ts'
import type { HubLink } from '../sync/hub-link.ts'

/** Opens the page for IT when the hub accepts the PIN; needs a connection, because no device stores the PIN. [SYN-22] */
export async function openDiagnostics(
  core: Core,
  link: HubLink,
  input: CallInput<'openDiagnostics'>,
): Promise<CallOutput<'openDiagnostics'>> {
  const answer = await link.checkPin(input.pin)
  switch (answer) {
    case 'yes':
      return accept(readDiagnostics(core))
    case 'no':
      return refuse({ why: 'wrongPin' })
    case 'tooManyTries':
      return refuse({ why: 'tooManyTries' })
    case 'offline':
      return refuse({ why: 'offline' })
  }
}

function readDiagnostics(core: Core): Diagnostics {
  const { mirror, stores, hubTime, health, options } = core
  return {
    kioskId: stores.outbox.identity().kioskId,
    hubUrl: options.config.hub.url,
    appVersion: options.appVersion,
    keyGrade: 'file',
    epoch: mirror.epoch,
    cursor: mirror.cursor,
    waitingCount: stores.outbox.waitingCount(),
    rowCount: [...mirror.of(spaceCollection).live()].length,
    clockOffsetMs: hubTime.clockOffsetMs(),
    clockOffsetPlusMinusMs: Math.ceil(hubTime.now()?.plusMinusMs ?? 0),
    lastContactMs: hubTime.lastContactMs(),
    mismatchCount: health.mismatchCount,
    cacheResetCount: health.cacheResetCount,
  }
}
