import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import { makeMetrics, serveMetrics } from './metrics.ts'

test('what the hub measures is served on a loopback port of its own', async () => {
  const metrics = makeMetrics()
  metrics.connectedKiosks(1)
  metrics.connectedKiosks(1)
  metrics.connectedKiosks(-1)
  metrics.batch(16, 4)
  metrics.lane(3)
  metrics.lane(-1)
  metrics.laneWaited(250)
  metrics.laneOldest(1_500)
  metrics.commitRetried()
  metrics.ack(7)
  metrics.fanOutLag(40)
  metrics.socketsBehind(3)
  metrics.outboxDepth(1, 5)
  metrics.outboxDepth(2, 7)
  metrics.outboxDepth(3, 100)
  metrics.outboxDepth(3, null)
  metrics.jobs([{ kind: 'emptied', due: 1, running: 0, failed: 0, oldestDueMs: 5 }])
  metrics.jobs([{ kind: 'mail', due: 3, running: 1, failed: 2, oldestDueMs: 61_000 }])
  metrics.calls('calls', { running: 2, waiting: 64 })
  metrics.callWaited('calls', 20)
  metrics.callNotRun('heavyReads', 'late')
  const server = await serveMetrics(metrics, 0)
  expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/metrics$/)
  const answer = await fetch(server.url)
  const text = await answer.text()
  expect(answer.headers.get('content-type')).toContain('text/plain')
  for (const line of [
    'carrel_connected_kiosks 1',
    'carrel_batch_mutations_sum 16',
    'carrel_batch_seconds_sum 0.004',
    'carrel_lane_waiting 2',
    'carrel_lane_wait_seconds_sum 0.25',
    'carrel_lane_oldest_seconds 1.5',
    'carrel_commit_retries_total 1',
    'carrel_ack_seconds_bucket{le="0.01"} 1',
    'carrel_ack_seconds_bucket{le="0.005"} 0',
    'carrel_fan_out_lag_seconds_count 1',
    'carrel_sockets_behind 3',
    'carrel_outbox_depth_sum 12',
    'carrel_outbox_depth_max 7',
    'carrel_jobs_due{kind="mail"} 3',
    'carrel_jobs_running{kind="mail"} 1',
    'carrel_jobs_failed{kind="mail"} 2',
    'carrel_jobs_oldest_due_seconds{kind="mail"} 61',
    'carrel_calls_running{queue="calls"} 2',
    'carrel_calls_waiting{queue="calls"} 64',
    'carrel_call_wait_seconds_sum{queue="calls"} 0.02',
    'carrel_calls_not_run_total{queue="heavyReads",why="late"} 1',
    'carrel_calls_not_run_total{queue="enrolments",why="full"} 0',
  ])
    expect(text.split('\n')).toContain(line)
  expect(text).not.toContain('emptied')
  expect((await fetch(server.url.replace('/metrics', '/'))).status).toBe(404)
  const foreign = get(server.url, { headers: { host: 'evil.example' } })
  const [refused] = (await once(foreign, 'response')) as [IncomingMessage]
  expect(refused.resume().statusCode).toBe(421)
  await server.stop()
  await expect(fetch(server.url)).rejects.toThrow('fetch failed')
})

test('two hubs in one process keep their figures apart', async () => {
  const [one, other] = [makeMetrics(), makeMetrics()]
  one.connectedKiosks(5)
  expect(await other.text()).toContain('carrel_connected_kiosks 0')
})
