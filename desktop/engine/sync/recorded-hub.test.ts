import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import type { HubMessage, SpaceRow } from '#shared/wire/messages.ts'
import { openTestKiosk, untilReconnected } from '../testing/test-engine.ts'
import { scratchFolder } from '../testing/scripted-hub.ts'

const frozen = (name: string): Buffer =>
  gunzipSync(readFileSync(new URL(`../../../build/releases/0.1.0/${name}.gz`, import.meta.url)))

/** What the hub of release 0.1 said to its kiosk, in order. */
function recordedMessages(): HubMessage[] {
  const frames = frozen('conversation.jsonl').toString('utf8').split('\n')
  return frames
    .map((line) => JSON.parse(line) as { from: 'kiosk' | 'hub'; text: string })
    .filter(({ from }) => from === 'hub')
    .map(({ text }) => JSON.parse(text) as HubMessage)
}

it('[REL-4] [SYN-31] [SYN-33] what a hub of release 0.1 said is applied, hours are rows of their own, and its digest agrees', () => {
  const folder = scratchFolder()
  writeFileSync(join(folder, 'outbox.db'), frozen('outbox.db'))
  const kiosk = openTestKiosk({ folder })
  kiosk.engine.start()
  const newest = new Map<number, SpaceRow>()
  const heard = new Set<string>()
  for (const message of recordedMessages()) {
    if (message.type === 'challenge' && heard.has('welcome')) {
      kiosk.hub.cut()
      untilReconnected(kiosk)
    }
    heard.add(message.type)
    if (message.type === 'snapshot' || message.type === 'changes')
      for (const row of message.changes.rows) newest.set(row.id, row)
    kiosk.hub.say(message)
    kiosk.clock.advance(0)
  }
  expect([...heard]).toEqual(
    expect.arrayContaining(['snapshot', 'changes', 'heartbeat', 'ack', 'assignment']),
  )
  expect(kiosk.hub.isOpen()).toBe(true)
  expect(kiosk.seen.link?.status).toBe('online')
  expect(kiosk.logged.filter((line) => /^(digest-mismatch|rows-left-out|hub-message)/.test(line))).toEqual([])
  expect(kiosk.screen.size).toBe(newest.size)
  for (const { id, facts } of newest.values()) expect(kiosk.screen.get(id)).toMatchObject(facts)
  const hours = kiosk.engine.readRows().collections.find(({ name }) => name === 'hours')
  const told = [...newest.values()].filter(({ facts }) => facts.hours?.weekly !== null)
  expect(hours?.rows.map(({ id }) => id)).toEqual(expect.arrayContaining(told.map(({ id }) => id)))
  expect(kiosk.hub.all('hello').every(({ protocol, holds }) => protocol === 2 && holds === undefined)).toBe(
    true,
  )
  kiosk.engine.stop()
})
