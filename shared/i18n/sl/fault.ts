import type { FaultWords } from '../words.ts'
import type { language } from './language.ts'

/** What stands on a page before its words are there, or when they cannot be had: shown in all languages at once. */
export const fault: FaultWords<typeof language> = {
  loading: { title: 'Trenutek, prosimo', body: 'Ta zaslon se nalaga.' },
  loadFailed: {
    title: 'Ta zaslon se ni naložil v celoti',
    body: 'Čez trenutek bo sam poskusil znova. Shranjeni podatki se ohranijo.',
  },
  broken: {
    title: 'Na tej strani je prišlo do napake',
    self: 'Čez trenutek se bo sama znova naložila. Shranjeni podatki se ohranijo.',
    hand: 'Znova jo naložite. Shranjeni podatki se ohranijo.',
    again: 'Znova naloži stran',
  },
  unreachable: {
    title: 'Carrel ni dosegljiv',
    advice: 'Preverite povezavo in poskusite znova.',
    retry: 'Poskusi znova',
  },
}
