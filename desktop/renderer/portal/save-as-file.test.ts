import { expect, it } from 'vitest'
import { accept, refuse, type Decision } from '#shared/domain/decision.ts'
import { fileText, loadWholeTable } from './save-as-file.ts'

const HEADER = '\ufeffid,time (UTC),log\r\n'

/** A log of so many acts, whose table comes as the hub gives it. */
function tableOf(count: number): {
  asked: { limit: number; before?: number }[]
  load: (page: { limit: number; before?: number }) => Promise<Decision<string, string>>
} {
  const asked: { limit: number; before?: number }[] = []
  const load = async (page: { limit: number; before?: number }): Promise<Decision<string, string>> => {
    asked.push(page)
    const ids = Array.from({ length: count }, (_, index) => count - index)
    const chosen = ids.filter((id) => page.before === undefined || id < page.before).slice(0, page.limit)
    return accept(HEADER + chosen.map((id) => `${id},now,"{""a"":""1,2""}"\r\n`).join(''))
  }
  return { asked, load }
}

it.each([0, 1, 9, 10, 11, 30, 31])(
  '[AUD-7] a log of %i acts comes whole, under one first line',
  async (count) => {
    const { asked, load } = tableOf(count)
    const whole = await loadWholeTable(load, 10)
    const lines = (whole.ok ? whole.value : '').split('\r\n')
    expect(`${lines[0]}\r\n`).toBe(HEADER)
    const ids = lines.slice(1, -1).map((connection) => Number(connection.split(',')[0]))
    expect(ids).toEqual(Array.from({ length: count }, (_, index) => count - index))
    expect(asked).toHaveLength(Math.floor(count / 10) + 1)
  },
)

it('[AUD-7] a page that is refused keeps nothing of the others', async () => {
  const { load } = tableOf(30)
  const broken = async (page: { limit: number; before?: number }): Promise<Decision<string, string>> =>
    page.before === undefined ? load(page) : refuse('offline')
  expect(await loadWholeTable(broken, 10)).toEqual(refuse('offline'))
})

it('a table begins with one byte order mark, whether or not the browser took it out; other files have none', () => {
  expect(fileText('text/csv', 'id')).toBe('\ufeffid')
  expect(fileText('text/csv', '\ufeffid')).toBe('\ufeffid')
  expect(fileText('application/json', '{}')).toBe('{}')
})
