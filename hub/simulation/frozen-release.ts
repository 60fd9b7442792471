/** What is known of a frozen release: `release.json` of its folder. */
export interface Release {
  /** As in package.json. */
  version: string
  /** From which its hub derived its keys. */
  secret: string
  /** The kiosk that its outbox belongs to, and where that one was. */
  kioskName: string
  kioskId: number
  spaceId: number
  /** Taps in its outbox that no hub has answered. */
  waitingCount: number
  /** Taps that the hub had stored and acknowledged. */
  acknowledgedCount: number
}
