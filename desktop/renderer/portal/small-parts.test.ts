import { describe, expect, it } from 'vitest'
import type { Me } from '#shared/domain/account.ts'
import { deviceOf } from './pages/sessions.tsx'
import { takeLinkToken } from './link-token.ts'
import { saveSettings, localeFor, localeOf, PLAIN_SETTINGS, readSettings } from './settings.ts'
import { afterTime, freshState, withVisitor, type PortalState } from './store.ts'

const TOKEN = 'Ab_-'.repeat(10) + 'xyz'

describe('small parts of the portal', () => {
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

  it('[POR-2] when somebody else comes, or nobody is left, nothing of the one before stays', () => {
    const me = (id: number) => ({ id }) as unknown as Me
    const before: PortalState = {
      ...freshState(5),
      visitor: { state: 'signedIn', me: me(1) },
      tree: { state: 'ready', spaces: new Map(), staleMs: 1, epoch: 'E', head: 1 },
      report: { step: 'undone', spaceId: 1, untilMs: 9 },
      toast: { id: 1, text: 'private', undo: null },
      mailedTo: { page: 'signUp', email: 'a@uni.example' },
    }
    for (const visitor of [
      { state: 'signedOut', reason: 'ended' } as const,
      { state: 'signedIn', me: me(2) } as const,
    ]) {
      const after = { ...before, ...withVisitor(before, visitor) }
      expect(after).toMatchObject({ tree: { state: 'loading' }, report: { step: 'ask' }, toast: null })
      expect(after.mailedTo).toBeNull()
    }
    expect(withVisitor(before, { state: 'signedIn', me: me(1) })).not.toHaveProperty('tree')
  })

  it('an undo is offered until its time, and then makes room for the next question', () => {
    const thanks = { step: 'thanks', spaceId: 1, level: 0, reportId: 2, undoUntilMs: 5_000 } as const
    expect(afterTime(thanks, 4_999)).toBe(thanks)
    expect(afterTime(thanks, 5_000)).toEqual({ step: 'ask' })
    expect(afterTime({ step: 'undone', spaceId: 1, untilMs: 10 }, 10)).toEqual({ step: 'ask' })
  })

  it('a language is the chosen one, else the account’s, the university’s, the browser’s, English', () => {
    expect(localeFor('sl', 'en', 'zh-TW', ['en'])).toBe('sl')
    expect(localeFor(null, 'zh-TW', 'sl', ['en'])).toBe('zh-TW')
    expect(localeFor(null, null, 'sl', ['en'])).toBe('sl')
    expect(localeFor(null, null, null, ['de-AT', 'sl-SI', 'en'])).toBe('sl')
    expect(localeFor(null, null, null, ['de'])).toBe('en')
    expect(localeFor(null, 'tlh', 'sl-SI', ['en'])).toBe('sl')
    expect(['zh-Hant-TW', 'zh', 'SL', 'english', 'de'].map(localeOf)).toEqual([
      'zh-TW',
      'zh-TW',
      'sl',
      null,
      null,
    ])
  })

  it('[POR-1] what a browser keeps is how the portal looks, and nothing else', () => {
    const kept = new Map<string, string>()
    const storage = {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
    }
    expect(readSettings(storage)).toEqual(PLAIN_SETTINGS)
    const chosen = { locale: 'sl', theme: 'dark', isHighContrast: true, isLargeText: false } as const
    saveSettings(storage, chosen)
    expect(readSettings(storage)).toEqual(chosen)
    expect([...kept.keys()]).toEqual(['carrel.look'])
    for (const broken of ['{', '7', '{"locale":"xx","theme":5}', 'null']) {
      kept.set('carrel.look', broken)
      expect(readSettings(storage)).toEqual(PLAIN_SETTINGS)
    }
  })

  it('devices are told apart as people do', () => {
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
})
