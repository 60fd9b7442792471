/** The house cannot stand; the message is one sentence for the person at the terminal. */
export class HouseError extends Error {
  /** A child has printed the sentence already. */
  readonly isSaid: boolean
  constructor(message: string, options: ErrorOptions & { isSaid?: boolean } = {}) {
    super(message, options)
    this.name = 'HouseError'
    this.isSaid = options.isSaid ?? false
  }
}
