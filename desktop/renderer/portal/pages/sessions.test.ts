import { expect, it } from 'vitest'
import { deviceOf } from './sessions.tsx'

it('devices have the names that people use for them', () => {
  const says = (userAgent: string | null) => deviceOf(userAgent)
  expect(says('Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0')).toBe(
    'Firefox · Linux',
  )
  expect(says('Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) Version/26 Safari/604.1')).toBe(
    'Safari · iPhone',
  )
  expect(says('Mozilla/5.0 (Windows NT 10.0) Chrome/150.0 Safari/537.36 Edg/150.0')).toBe('Edge · Windows')
  expect([says('curl/8'), says(null)]).toEqual([null, null])
})
