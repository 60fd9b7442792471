import type { MailWords } from '../words.ts'
import type { language } from './language.ts'

/** The words of mails. */
export const mail: MailWords<typeof language> = {
  verifyAddress: {
    subject: 'Potrdite svoj naslov',
    what: 'Nekdo je s tem naslovom zaprosil za račun Carrel ({{university}}).',
    action: 'Potrdi naslov',
    link_one: 'Povezava deluje enkrat in {{count}} uro.',
    link_two: 'Povezava deluje enkrat in {{count}} uri.',
    link_few: 'Povezava deluje enkrat in {{count}} ure.',
    link_other: 'Povezava deluje enkrat in {{count}} ur.',
  },
  finishAccount: {
    subject: 'Izberite geslo',
    what: 'Za račun ({{university}}) je bilo s tem naslovom zaprošeno večkrat, z različnimi gesli. Nobeno ne velja.',
    more: 'Geslo izberite tukaj; s tem potrdite tudi naslov.',
    action: 'Izberi geslo',
    link_one: 'Povezava deluje enkrat in {{count}} uro.',
    link_two: 'Povezava deluje enkrat in {{count}} uri.',
    link_few: 'Povezava deluje enkrat in {{count}} ure.',
    link_other: 'Povezava deluje enkrat in {{count}} ur.',
  },
  accountExists: {
    subject: 'Račun že imate',
    what: 'Nekdo je s tem naslovom zaprosil za račun Carrel. Račun že obstaja: prijavite se, če gesla ne veste, pa tam izberite »Pozabljeno«.',
    action: 'Prijava',
  },
  accountExistsAt: {
    what: 'Nekdo je s tem naslovom zaprosil za račun Carrel ({{university}}). Račun že obstaja: prijavite se, če gesla ne veste, pa tam izberite »Pozabljeno«.',
  },
  accountWaits: {
    subject: 'Nov račun mora počakati',
    what: 'Nekdo je s tem naslovom zaprosil za račun Carrel. Račun s tem naslovom je bil pred kratkim ukinjen; nov je mogoč po {{until}}.',
  },
  resetPassword: {
    subject: 'Izberite novo geslo',
    what: 'Nekdo je sporočil, da je pozabil geslo vašega računa Carrel.',
    action: 'Izberi novo geslo',
    link_one: 'Povezava deluje enkrat in {{count}} uro. Konča vse seje.',
    link_two: 'Povezava deluje enkrat in {{count}} uri. Konča vse seje.',
    link_few: 'Povezava deluje enkrat in {{count}} ure. Konča vse seje.',
    link_other: 'Povezava deluje enkrat in {{count}} ur. Konča vse seje.',
  },
  passwordChanged: {
    subject: 'Vaše geslo je spremenjeno',
    what: 'Geslo vašega računa Carrel je bilo spremenjeno, druge seje so končane.',
    more: 'Če to niste bili vi, pri prijavi takoj izberite »Pozabljeno«.',
    action: 'Prijava',
  },
  changeAddress: {
    subject: 'Potrdite svoj novi naslov',
    what: 'Nekdo želi ta naslov uporabljati za svoj račun Carrel.',
    action: 'Potrdi novi naslov',
    link_one: 'Povezava deluje enkrat in {{count}} uro. Konča druge seje.',
    link_two: 'Povezava deluje enkrat in {{count}} uri. Konča druge seje.',
    link_few: 'Povezava deluje enkrat in {{count}} ure. Konča druge seje.',
    link_other: 'Povezava deluje enkrat in {{count}} ur. Konča druge seje.',
  },
  addressChangeAsked: {
    subject: 'Zaprošeno je za drug naslov',
    what: 'Nekdo, ki pozna geslo vašega računa Carrel, je zaprosil za drug naslov. Spremeni se, ko je uporabljena povezava, poslana na tisti naslov.',
    more: 'Če to niste bili vi, takoj spremenite geslo: s tem je povezava preklicana.',
    action: 'Prijava',
  },
  addressChanged: {
    subject: 'Vaš naslov je spremenjen',
    what: 'Vaš račun Carrel ima zdaj drug naslov; ta se ne uporablja več.',
    more: 'Če to niste bili vi, pišite svoji knjižnici.',
  },
  accountDeleted: {
    subject: 'Vaš račun je izbrisan',
    what: 'Vaš račun Carrel je izbrisan. Vaša poročila ostanejo, brez vašega imena.',
  },
  confirmUniversity: {
    subject: 'Potrdite prošnjo za univerzo',
    what: 'Nekdo je na Carrelu zaprosil za {{university}} in za stike navedel ta naslov.',
    action: 'Potrdi prošnjo',
    link_one: 'Povezava deluje enkrat in {{count}} uro.',
    link_two: 'Povezava deluje enkrat in {{count}} uri.',
    link_few: 'Povezava deluje enkrat in {{count}} ure.',
    link_other: 'Povezava deluje enkrat in {{count}} ur.',
  },
  universityApproved: {
    subject: 'Vaša univerza je tu',
    what: '{{university}} je zdaj na Carrelu: ljudje z njenimi naslovi se lahko registrirajo.',
    action: 'Odpri Carrel',
  },
  universityRejected: {
    subject: 'Vaša prošnja ni bila odobrena',
    what: 'Prošnja za {{university}} na Carrelu ni bila odobrena.',
  },
  ignoreLink: 'Če to niste bili vi, vam ni treba storiti ničesar: brez te povezave se ne zgodi nič.',
  ignore: 'Če to niste bili vi, vam ni treba storiti ničesar.',
  footer: 'Carrel vam piše zaradi računa s tem naslovom. Odgovorov na to sporočilo nihče ne bere.',
}
