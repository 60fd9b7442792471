import { expect, it } from 'vitest'
import { makeTestClock } from '../testing/scripted-hub.ts'
import { makeRequests } from './requests.ts'

function makeWorld() {
  const clock = makeTestClock()
  const requests = makeRequests(clock)
  const sent: number[] = []
  const ask = () => requests.ask((id) => void sent.push(id))
  const answer = (id: number | undefined, said: 'yes' | 'no'): void =>
    requests.answer({ type: 'reply', id: id ?? 0, answer: said })
  return { clock, requests, sent, ask, answer }
}

it('[SYN-22] each question about a PIN gets its own answer, in whatever order they come', async () => {
  const { sent, ask, answer } = makeWorld()
  const asked = [ask(), ask(), ask()]
  expect(new Set(sent).size).toBe(3)
  answer(sent[1], 'yes')
  answer(sent[2], 'no')
  answer(sent[0], 'no')
  // What is answered twice, or was never asked, is nobody's.
  answer(sent[0], 'yes')
  answer(99, 'yes')
  expect(await Promise.all(asked)).toEqual(['no', 'yes', 'no'])
})

it('[SYN-22] who waits when the connection ends is told so, and so is who had no answer for five seconds', async () => {
  const { clock, requests, sent, ask, answer } = makeWorld()
  const asked = [ask(), ask()]
  requests.abandon()
  expect(await Promise.all(asked)).toEqual(['offline', 'offline'])
  const late = ask()
  clock.advance(3_000)
  const later = ask()
  clock.advance(2_000)
  expect(await late).toBe('offline')
  answer(sent[2], 'yes')
  clock.advance(2_999)
  answer(sent[3], 'yes')
  expect(await later).toBe('yes')
})
