import { expect, test } from 'vitest'
import { screenPolicy } from '#shared/wire/screen-policy.ts'
import { startDouble } from './testing/start-double.ts'

test('[BRG-4] every answer of app:// carries the policy, also a refusal', async () => {
  const { electron } = await startDouble()
  const tries: [string, string, number][] = [
    ['app://carrel/kiosk.html', 'GET', 200],
    ['app://carrel/kiosk.html?a=b#c', 'GET', 200],
    ['app://carrel/assets/kiosk.js', 'HEAD', 200],
    ['app://carrel/kiosk.html', 'POST', 405],
    ['app://carrel/nothing', 'GET', 404],
    ['app://elsewhere/kiosk.html', 'GET', 404],
  ]
  for (const [url, method, status] of tries) {
    const answer = await electron.fetch(url, method)
    expect(answer?.status).toBe(status)
    expect(answer?.headers.get('content-security-policy')).toBe(screenPolicy('none'))
    expect(answer?.headers.get('x-content-type-options')).toBe('nosniff')
  }
  expect(screenPolicy('none')).toContain("connect-src 'none'")
})

test.each([
  'app://carrel/../secret.txt',
  'app://carrel/%2e%2e/secret.txt',
  'app://carrel/..%2fsecret.txt',
  'app://carrel/assets/..%5c..%5csecret.txt',
  'app://carrel//etc/passwd',
  'app://carrel/kiosk.html%00',
  'app://carrel/__proto__',
  'app://carrel/',
  'app://carrel:80/kiosk.html',
])('[BRG-4] %s names no file', async (url) => {
  const { electron } = await startDouble()
  const answer = await electron.fetch(url)
  expect(answer?.status).toBe(404)
  expect(await answer?.text()).toBe('')
})
