import { sessionFacts } from './accounts/actors.ts'
import { kioskFacts } from './kiosks/kiosk-facts.ts'
import { noticeFacts } from './notifications/write-notices.ts'
import { leafFacts } from './occupancy/leaf-facts.ts'
import { reportCommand, withdrawCommand } from './occupancy/report-commands.ts'
import { makeRegistry } from './platform/writer/registry.ts'

/** What kiosks can push, and who kiosks and people are. Commands of people are named by their routes. */
export const COMMANDS = makeRegistry({
  kiosks: kioskFacts,
  people: sessionFacts,
  kioskCommands: [reportCommand, withdrawCommand],
  always: [leafFacts, noticeFacts],
})
