import { expect, it } from 'vitest'
import { takeLinkToken } from './link-token.ts'

const TOKEN = 'Ab_-'.repeat(10) + 'xyz'

it('[POR-1] a link’s token leaves the address bar at once, also one that is none', () => {
  const take = (hash: string, pathname = '/verify') => {
    const urls: string[] = []
    const history = { replaceState: (_state: unknown, _unused: string, url: string) => void urls.push(url) }
    return { taken: takeLinkToken({ location: { hash, pathname, search: '?x=1' }, history }), urls }
  }
  expect(take(`#token=${TOKEN}`)).toEqual({
    taken: { path: '/verify', token: TOKEN },
    urls: ['/verify?x=1'],
  })
  expect(take(`#token=${TOKEN}`, '/reset/').taken?.path).toBe('/reset')
  expect(take('#token=<script>')).toEqual({ taken: null, urls: ['/verify?x=1'] })
  expect(take('#main')).toEqual({ taken: null, urls: [] })
})
