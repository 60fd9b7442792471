import { expect, test } from 'vitest'
import { canonicalJson } from '../domain/canonical-json.ts'
import { MAX_MUTATION_BYTES, ReportBody, WithdrawBody } from '../domain/mutation.ts'
import { BRIDGE_INPUTS, BridgeCallMessage } from './bridge.ts'
import { HOURS_WORDS, INBOX_WORDS } from './collections.ts'
import { digestText, emptyDigest, toggleRow } from './digest.ts'
import stored from './fingerprint.json' with { type: 'json' }
import { LiveClientMessage, LiveHubMessage } from './live.ts'
import {
  enrolStatement,
  headStatement,
  helloStatement,
  HubMessage,
  KioskMessage,
  MAX_FRAME_BYTES_UP,
  MAX_PUSH_MUTATIONS,
  mutationStatement,
} from './messages.ts'
import { HTTP_STATUS, HttpError } from './http-error.ts'
import { EnrolRequest, ROUTES } from './rest.ts'
import { PROTOCOL } from './version.ts'
import { KIOSK_MESSAGES } from '../fixtures/messages.ts'

/** 106 bits of a text, as hexadecimal: two runs of cyrb53 (public domain, github.com/bryc) with different seeds. To notice, not to protect. */
function hashText(text: string): string {
  const run = (seed: number): string => {
    let high = 0xdeadbeef ^ seed
    let low = 0x41c6ce57 ^ seed
    for (let index = 0; index < text.length; index += 1) {
      const code = text.charCodeAt(index)
      high = Math.imul(high ^ code, 2654435761)
      low = Math.imul(low ^ code, 1597334677)
    }
    high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909)
    low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909)
    return (4294967296 * (2097151 & low) + (high >>> 0)).toString(16).padStart(14, '0')
  }
  return run(1) + run(2)
}

/** What the digest and the signed texts come to for one sample: they are part of the protocol as much as its schemas. */
function samples(): string[] {
  const { proof: _proof, ...hello } = KIOSK_MESSAGES.hello
  const digest = emptyDigest()
  toggleRow(digest, 7, 42)
  const salted = emptyDigest()
  toggleRow(salted, 7, 42, 1)
  return [
    helloStatement('hub.example', 'nonce', hello),
    enrolStatement('hub.example', 'code', 'key'),
    headStatement(1, 'epoch', 42),
    mutationStatement('report', { spaceId: 5, level: 2 }),
    digestText(digest),
    digestText(salted),
  ]
}

const fingerprints = {
  line: hashText(
    canonicalJson({
      KioskMessage,
      HubMessage,
      ReportBody,
      WithdrawBody,
      HOURS_WORDS,
      limits: [MAX_FRAME_BYTES_UP, MAX_PUSH_MUTATIONS, MAX_MUTATION_BYTES],
      samples: samples(),
    }),
  ),
  rest: hashText(canonicalJson({ ROUTES, HttpError, HTTP_STATUS })),
  live: hashText(canonicalJson({ LiveClientMessage, LiveHubMessage, INBOX_WORDS })),
  bridge: hashText(canonicalJson({ BRIDGE_INPUTS, BridgeCallMessage })),
}

test('[SYN-13] the protocol does not change silently: raise PROTOCOL, keep the one before it working, then store the new fingerprint', () => {
  expect({ protocol: PROTOCOL, line: fingerprints.line }).toEqual({
    protocol: stored.protocol,
    line: stored.line,
  })
})

test('[SYN-13] nor do the HTTP contracts', () => {
  expect(fingerprints.rest).toBe(stored.rest)
})

test('[LIV-1] nor do the messages of people’s pages', () => {
  expect(fingerprints.live).toBe(stored.live)
})

test('[BRG-1] nor does the bridge between screen and engine', () => {
  expect(fingerprints.bridge).toBe(stored.bridge)
})

test('[SYN-13] a fingerprint sees one field that changed its bounds', () => {
  expect(canonicalJson(EnrolRequest)).toContain('"maxLength":64')
  expect(hashText(canonicalJson(EnrolRequest).replace('"maxLength":64', '"maxLength":65'))).not.toBe(
    hashText(canonicalJson(EnrolRequest)),
  )
})
