import type { PortalState } from '../portal/store.ts'
import type { Answers } from './portal-answers.ts'

/** What a hand does once the page is drawn: fills a form in, sends it, presses something. */
export type Act = { fill: Record<string, string> } | { submit: string } | { press: string }

/** One picture of the portal. */
export interface PortalPicture {
  path: string
  state: PortalState
  answers?: Answers
  acts?: readonly Act[]
}
