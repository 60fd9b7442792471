import { Agent, request } from 'node:http'
import { serveRequests } from './worker-process.ts'

// People's calls from a process of its own, so that their work is not counted as the hub's.

/** What a bench asks for. */
export type CallRequest =
  | {
      kind: 'greedy'
      url: string
      /** Of one person. */
      headers: Record<string, string>
      /** Method and path, below the prefix of all calls. */
      route: string
      /** Each of its calls has a key of its own where this one has. */
      body: { level: number; key: string } | undefined
      socketCount: number
      stretchMs: number
    }
  | {
      kind: 'read'
      url: string
      /** Of each person who reads, in turn. */
      people: Record<string, string>[]
      perSecond: number
      stretchMs: number
    }
  | {
      kind: 'report'
      url: string
      /** Of each person who reports. */
      people: Record<string, string>[]
      spaceIds: number[]
      /** Between two reports of one person; 0: as soon as they are answered. */
      everyMs: number
      stretchMs: number
    }

/** What it answers: how long each call took, ms, and how many had each status. */
export interface CallAnswer {
  latenciesMs: number[]
  counts: Record<number, number>
}

/** Makes a call and reads its answer; gives the status, 0 for a connection that broke. */
function call(
  url: string,
  route: string,
  headers: Record<string, string>,
  agent: Agent,
  body?: object,
): Promise<number> {
  const [method, path] = route.split(' ')
  return new Promise((resolve) => {
    const asked = request(`${url}/api/v1${path}`, { method, headers, agent }, (response) => {
      response.on('end', () => resolve(response.statusCode ?? 0))
      response.on('error', () => resolve(0))
      response.resume()
    })
    asked.on('error', () => resolve(0))
    if (body !== undefined) asked.setHeader('content-type', 'application/json')
    asked.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

function makeAnswer(): { answer: CallAnswer; note(status: number, startMs: number): void } {
  const answer: CallAnswer = { latenciesMs: [], counts: {} }
  return {
    answer,
    note: (status, startMs) => {
      answer.latenciesMs.push(performance.now() - startMs)
      answer.counts[status] = (answer.counts[status] ?? 0) + 1
    },
  }
}

/** Every socket asks again as soon as it is answered, whatever the answer says. */
async function beGreedy(asked: Extract<CallRequest, { kind: 'greedy' }>): Promise<CallAnswer> {
  const agent = new Agent({ keepAlive: true, maxSockets: asked.socketCount })
  const { answer, note } = makeAnswer()
  const endMs = performance.now() + asked.stretchMs
  const ask = async (): Promise<void> => {
    while (performance.now() < endMs) {
      const startMs = performance.now()
      const body = asked.body && { ...asked.body, key: `${asked.body.key}-${answer.latenciesMs.length}` }
      note(await call(asked.url, asked.route, asked.headers, agent, body), startMs)
    }
  }
  await Promise.all(Array.from({ length: asked.socketCount }, ask))
  agent.destroy()
  return answer
}

/** People read the tree at a fixed rate, whatever the hub does; a call's time counts from when it was due. */
async function readTree(asked: Extract<CallRequest, { kind: 'read' }>): Promise<CallAnswer> {
  const { url, people, perSecond, stretchMs } = asked
  const agent = new Agent({ keepAlive: true, maxSockets: 64 })
  const { answer, note } = makeAnswer()
  const beginMs = performance.now()
  const calls: Promise<void>[] = []
  for (let number = 0; number < (perSecond * stretchMs) / 1000; number += 1) {
    const dueMs = beginMs + (number * 1000) / perSecond
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, dueMs - performance.now())))
    const headers = people[number % people.length] ?? {}
    calls.push(call(url, 'GET /spaces', headers, agent).then((status) => note(status, dueMs)))
  }
  await Promise.all(calls)
  agent.destroy()
  return answer
}

/** Each person reports on a place after the other, one report at a time; they begin spread over the pause between two. */
async function report(asked: Extract<CallRequest, { kind: 'report' }>): Promise<CallAnswer> {
  const { url, people, spaceIds, everyMs, stretchMs } = asked
  const agent = new Agent({ keepAlive: true, maxSockets: people.length })
  const { answer, note } = makeAnswer()
  const beginMs = performance.now()
  const reportOn = async (headers: Record<string, string>, person: number): Promise<void> => {
    for (let number = 0; performance.now() - beginMs < stretchMs; number += 1) {
      const dueMs = beginMs + (number + person / people.length) * everyMs
      if (everyMs > 0)
        await new Promise((resolve) => setTimeout(resolve, Math.max(0, dueMs - performance.now())))
      const spaceId = spaceIds[(person + number * people.length) % spaceIds.length]
      const body = {
        level: (person + number) % 3,
        key: `bench-${person}-${beginMs}-${number}`.replaceAll('.', '-'),
      }
      const startMs = performance.now()
      note(await call(url, `POST /spaces/${spaceId}/reports`, headers, agent, body), startMs)
    }
  }
  await Promise.all(people.map(reportOn))
  agent.destroy()
  return answer
}

function answerTo(asked: CallRequest): Promise<CallAnswer> {
  switch (asked.kind) {
    case 'greedy':
      return beGreedy(asked)
    case 'read':
      return readTree(asked)
    case 'report':
      return report(asked)
  }
}

serveRequests(answerTo)
