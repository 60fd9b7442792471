/** One thing that the doctor looked at: how it is, and, unless it is well, how to fix it. */
export interface Finding {
  what: string
  state: 'ok' | 'warn' | 'fail'
  found: string
  fix?: string
}
