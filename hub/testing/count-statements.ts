import type { Database } from '../platform/postgres/database.ts'

/** What a pool was asked. */
export interface StatementCounts {
  /** Rows that it gave. */
  rows: number
  statements: number
}

/** The same pool, also of connections that it lends, and what was asked of it since; set counts to 0 to begin anew. */
export function countStatements(pool: Database): { pool: Database; counts: StatementCounts } {
  const counts: StatementCounts = { rows: 0, statements: 0 }
  const counted = <Target extends object>(target: Target): Target =>
    new Proxy(target, {
      get: (of, key) => {
        const value: unknown = Reflect.get(of, key)
        if (typeof value !== 'function') return value
        if (key === 'connect') return async () => counted(await (value.call(of) as Promise<object>))
        if (key !== 'query') return value.bind(of)
        return async (...given: unknown[]) => {
          const result = (await value.apply(of, given)) as { rows?: unknown[] }
          counts.rows += result.rows?.length ?? 0
          counts.statements += 1
          return result
        }
      },
    })
  return { pool: counted(pool), counts }
}
