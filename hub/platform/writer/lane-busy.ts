/** A lane cannot take a call now, or did not come to it in time: `tooMany`: the caller has too many waiting; `unavailable`: everybody has. */
export class LaneBusyError extends Error {
  readonly why: 'tooMany' | 'unavailable'

  constructor(why: 'tooMany' | 'unavailable', message: string) {
    super(message)
    this.name = 'LaneBusyError'
    this.why = why
  }
}
