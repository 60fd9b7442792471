import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { pathKey, pathShown, readCounts, readRecords, readRooms } from './counts-file.ts'
import { expectedAt, levelChanges, levelOfTaken } from './expected-state.ts'

const ROOMS = `library,floor,room_zh,room_en,seats
Main,1,,Reading room,10
Main,1,,Stacks,30
Main,,玉堂,Yutang,20
"Branch, north",,,Small,8
Main,2,,Broken,many
`
const COUNTS = `ts_unix,local_time,Reading room,Stacks,玉堂,Small,Ghost
100,x,0,0,,8,1
200,x,5,25.5,10,four,1
oops,x,1,1,1,1,1
300,x,9,26
250,x,8,29,20,2,1
250,x,9,9,9,9,1
`

function example() {
  const { rooms, unparsed } = readRooms(ROOMS)
  const read = readCounts(COUNTS, rooms)
  return { rooms, counts: read.counts, unparsed: [...unparsed, ...read.unparsed] }
}

describe('counts file', () => {
  test('quotes, doubled quotes, line breaks in quotes, byte-order mark and CRLF are read', () => {
    expect(readRecords('\uFEFFa,"b ""c"", d"\r\n"e\nf",\n\ng')).toEqual({
      openQuoteLine: null,
      records: [
        { line: 1, fields: ['a', 'b "c", d'] },
        { line: 2, fields: ['e\nf', ''] },
        { line: 5, fields: ['g'] },
      ],
    })
  })

  test('a quote that never closes is named, and what it would swallow is no record', () => {
    expect(readRecords('a,b\n1,2\n3,"4\n5,6\n')).toEqual({
      openQuoteLine: 3,
      records: [
        { line: 1, fields: ['a', 'b'] },
        { line: 2, fields: ['1', '2'] },
      ],
    })
    const { rooms } = readRooms(ROOMS)
    expect(readCounts('ts_unix,local_time,Stacks\n100,x,3\n200,x,"4\n', rooms).unparsed).toContainEqual({
      at: 'counts line 3',
      why: 'a quote opens here and never closes: nothing from here on was read',
    })
  })

  test('counts above the seats and times that go backwards are used and named', () => {
    const { rooms } = readRooms(ROOMS)
    const { counts, odd } = readCounts('ts_unix,local_time,Stacks\n200,x,31\n100,x,30\n', rooms)
    expect(counts.map(({ atMs }) => atMs)).toEqual([100_000, 200_000])
    expect(odd).toEqual([
      { at: 'counts line 2', why: '31 taken of the 30 seats of Main › Floor 1 › Stacks' },
      { at: 'counts line 3', why: 'its time is before that of a line above' },
    ])
  })

  test('a name of a column reaches a terminal cut and without its commands', () => {
    const header = `ts_unix,local_time,Stacks,\u001b[31m${'x'.repeat(200_000)}`
    const [ghost] = readCounts(`${header}\n100,x,3,4\n`, readRooms(ROOMS).rooms).unparsed.filter(({ at }) =>
      at.includes('U+001b'),
    )
    expect(ghost?.at.length).toBeLessThan(100)
  })

  test('nothing of a cell or a name moves the cursor of a terminal, or turns its text round', () => {
    const evil = 'a\u009b31m\u202eb\u2028\u0007'
    const rooms = readRooms(`library,room,seats\nLib,Stacks,30\nLib,Small,${evil}\nLib${evil},Far${evil},4\n`)
    const counts = readCounts(
      `ts_unix,local_time,Stacks,Far${evil}\n100,x,${evil},9\n${evil},x,1,1\n`,
      rooms.rooms,
    )
    const other = readCounts('ts_unix,local_time\n', rooms.rooms)
    const said = [rooms, counts, other].flatMap(({ unparsed }) => unparsed).concat(counts.odd)
    const lines = said.map(({ at, why }) => `${at}: ${why}`)
    expect(lines).toHaveLength(6)
    for (const line of lines) expect(line).not.toMatch(/[\p{C}\p{Zl}]/u)
    expect(lines).toContain(
      'counts line 2, column Stacks: "aU+009b31mU+202ebU+2028U+0007" is not a number of seats',
    )
    expect(pathShown(pathKey([evil, 'B']))).toBe('aU+009b31mU+202ebU+2028U+0007 › B')
  })

  test('a file of rooms without the columns that it needs says which, once', () => {
    const { rooms, unparsed } = readRooms('Name;Places\nStacks;30\nSmall;4\n')
    expect([rooms, unparsed]).toEqual([
      [],
      [
        {
          at: 'rooms line 1',
          why: 'the file has no column room_en or room_zh and none seats; its first line has "name;places"',
        },
      ],
    ])
  })

  test('rooms whose names would make one text of two paths are two', () => {
    const { rooms, unparsed } = readRooms('library,floor,room,seats\nLib,,X / Y,4\nLib,X,Y,4\n')
    expect(unparsed).toEqual([])
    const { counts } = readCounts('ts_unix,local_time,X / Y,Y\n100,x,0,4\n', rooms)
    expect(expectedAt(rooms, counts, 100_000).size).toBe(4)
  })

  test('what does not parse is named, and everything else is kept in order of time', () => {
    const { rooms, counts, unparsed } = example()
    expect(rooms.map((room) => room.path)).toEqual([
      ['Main', 'Floor 1', 'Reading room'],
      ['Main', 'Floor 1', 'Stacks'],
      ['Main', 'Yutang'],
      ['Branch, north', 'Small'],
    ])
    expect(counts.map((line) => line.atMs)).toEqual([100_000, 200_000, 250_000])
    expect(unparsed.map(({ at }) => at)).toEqual([
      'rooms line 6',
      'counts line 1, column Ghost',
      'counts line 2, column 玉堂',
      'counts line 3, column Small',
      'counts line 4',
      'counts line 5',
      'counts line 7',
    ])
  })
})

describe('expected state', () => {
  test('below half of the seats is free, below 85 % busy, else full', () => {
    expect([4, 5, 8, 9].map((taken) => levelOfTaken(taken, 10))).toEqual([0, 1, 1, 2])
    expect([16, 17].map((taken) => levelOfTaken(taken, 20))).toEqual([1, 2])
  })

  test('a first value is a change, and an equal level is none', () => {
    const { rooms, counts } = example()
    expect(levelChanges(rooms, counts).map(({ atMs, room, level }) => [atMs / 1000, room, level])).toEqual([
      [100, 0, 0],
      [100, 1, 0],
      [100, 3, 2],
      [200, 0, 1],
      [200, 1, 2],
      [200, 2, 1],
      [250, 2, 2],
      [250, 3, 0],
    ])
  })

  test('[OCC-3] [OCC-4] parents are weighted means of what is reported below them, rounded half up', () => {
    const { rooms, counts } = example()
    const before = expectedAt(rooms, counts, 99_999)
    expect(before.get('Main')).toMatchObject({
      level: null,
      meanMillionths: null,
      knownRooms: 0,
      roomCount: 3,
    })
    const at = expectedAt(rooms, counts, 200_000)
    expect(at.get(pathKey(['Main', 'Floor 1']))).toMatchObject({
      level: 2,
      meanMillionths: 1_750_000,
      seats: 40,
    })
    expect(at.get('Main')).toMatchObject({ level: 2, meanMillionths: 1_500_000, seats: 60, knownRooms: 3 })
    expect(at.get('Branch, north')).toMatchObject({ level: 2, meanMillionths: 2_000_000 })
  })

  const folder = new URL('../../../../shared/data/xiamen-library-2016-10/', import.meta.url)
  const roomsFile = new URL('rooms.csv', folder)
  const skip = !existsSync(roomsFile)
  if (skip)
    process.stdout.write(
      'The example data are not beside this checkout: one test of real counts is skipped.\n',
    )
  test.skipIf(skip)(
    'real counts of two weeks give 1,440 changes in 14 rooms, and 18 cells that do not parse',
    () => {
      const { rooms } = readRooms(readFileSync(roomsFile, 'utf8'))
      const { counts, unparsed } = readCounts(
        readFileSync(new URL('xmu_2016-10_2min_wide.csv', folder), 'utf8'),
        rooms,
      )
      expect(rooms).toHaveLength(14)
      expect(unparsed).toHaveLength(18)
      expect(levelChanges(rooms, counts)).toHaveLength(1440)
    },
  )
})
