import { tests, type Mutant } from './mutant.ts'

const NOTICES = (rule: string): readonly string[] =>
  tests('database', 'hub/notifications/notices.test.ts', rule)
const ROUTES = (rule: string): readonly string[] =>
  tests('database', 'hub/notifications/routes.test.ts', rule)
const ROWS = 'hub/notifications/notice-rows.ts'

/** Faults of what people are told: twice, the wrong ones, outside of the commit, or for others to see. */
export const NOTICE_FAULTS: readonly Mutant[] = [
  {
    name: 'told once for each group',
    edits: [{ file: ROWS, find: 'select distinct on (t.id, r.user_id) t.id', replace: 'select t.id' }],
    test: NOTICES('NTF-2'),
  },
  {
    name: 'told of what they did themselves',
    edits: [{ file: ROWS, find: 'where r.user_id is distinct from t.made_by_id', replace: 'where true' }],
    test: NOTICES('NTF-3'),
  },
  {
    name: 'people of another university told',
    edits: [
      {
        file: ROWS,
        find: 'in (select r.user_id from reached r) and u.associated_university_id = $1 and',
        replace: 'in (select r.user_id from reached r) and',
      },
    ],
    test: NOTICES('NTF-4'),
  },
  {
    name: 'an account that is erased meanwhile told',
    edits: [{ file: ROWS, find: '    for share of u\n', replace: '\n' }],
    test: NOTICES('NTF-10'),
  },
  {
    name: 'one mail for each request',
    edits: [
      {
        file: 'hub/notifications/digest-rows.ts',
        find: "format('digest %s %s', r.user_id,",
        replace: "format('digest %s %s ' || random(), r.user_id,",
      },
    ],
    test: NOTICES('NTF-8'),
  },
  {
    name: 'notices that nobody writes lost',
    edits: [
      {
        file: 'hub/platform/writer/effects.ts',
        find: 'if (this.waiting.length > 0) throw',
        replace: 'if (this.waiting.length > 9) throw',
      },
    ],
    test: NOTICES('NTF-1'),
  },
  {
    name: 'the inbox of everybody',
    edits: [
      {
        file: 'hub/notifications/inbox-rows.ts',
        find: 'where n.user_id = $1 and ($2::bigint',
        replace: 'where $1 > 0 and ($2::bigint',
      },
    ],
    test: ROUTES('NTF-5'),
  },
  {
    name: 'a step of the clock for each archiving',
    edits: [
      {
        file: 'hub/notifications/inbox.ts',
        find: 'if (before.isNew) effects.step()\n    else effects.willWrite()\n',
        replace: 'effects.step()\n',
      },
    ],
    test: ROUTES('NTF-6'),
  },
]
