import type { MailTexts } from './mail-text.ts'

const NOT_YOU = 'Če to niste bili vi, vam ni treba storiti ničesar: brez te povezave se ne zgodi nič.'

const when = (ms: number): string =>
  `${new Intl.DateTimeFormat('sl', { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' }).format(ms)} UTC`

/** All mails in Slovene. */
export const MAIL_TEXTS_SL: MailTexts = {
  footer: 'Carrel vam piše zaradi računa s tem naslovom. Odgovorov na to sporočilo nihče ne bere.',
  mails: {
    verifyAddress: ({ university }) => ({
      subject: 'Potrdite svoj naslov',
      before: [`Nekdo je s tem naslovom zaprosil za račun Carrel (${university}).`],
      action: 'Potrdi naslov',
      after: ['Povezava deluje enkrat in 24 ur.', NOT_YOU],
    }),
    finishAccount: ({ university }) => ({
      subject: 'Izberite geslo',
      before: [
        `Za račun (${university}) je bilo s tem naslovom zaprošeno večkrat, z različnimi gesli. Nobeno ne velja.`,
        'Geslo izberite tukaj; s tem potrdite tudi naslov.',
      ],
      action: 'Izberi geslo',
      after: ['Povezava deluje enkrat in 24 ur.', NOT_YOU],
    }),
    accountExists: ({ university }) => ({
      subject: 'Račun že imate',
      before: [
        `Nekdo je s tem naslovom zaprosil za račun Carrel${university === null ? '' : ` (${university})`}. Račun že obstaja: prijavite se, če gesla ne veste, pa tam izberite »Pozabljeno«.`,
      ],
      action: 'Prijava',
      after: ['Če to niste bili vi, vam ni treba storiti ničesar.'],
    }),
    accountWaits: ({ untilMs }) => ({
      subject: 'Nov račun mora počakati',
      before: [
        `Nekdo je s tem naslovom zaprosil za račun Carrel. Račun s tem naslovom je bil pred kratkim ukinjen; nov je mogoč po ${when(untilMs)}.`,
      ],
    }),
    resetPassword: () => ({
      subject: 'Izberite novo geslo',
      before: ['Nekdo je sporočil, da je pozabil geslo vašega računa Carrel.'],
      action: 'Izberi novo geslo',
      after: ['Povezava deluje enkrat in eno uro. Konča vse seje.', NOT_YOU],
    }),
    passwordChanged: () => ({
      subject: 'Vaše geslo je spremenjeno',
      before: [
        'Geslo vašega računa Carrel je bilo spremenjeno, druge seje so končane.',
        'Če to niste bili vi, pri prijavi takoj izberite »Pozabljeno«.',
      ],
      action: 'Prijava',
    }),
    changeAddress: () => ({
      subject: 'Potrdite svoj novi naslov',
      before: ['Nekdo želi ta naslov uporabljati za svoj račun Carrel.'],
      action: 'Potrdi novi naslov',
      after: ['Povezava deluje enkrat in 24 ur. Konča druge seje.', NOT_YOU],
    }),
    addressChangeAsked: () => ({
      subject: 'Zaprošeno je za drug naslov',
      before: [
        'Nekdo, ki pozna geslo vašega računa Carrel, je zaprosil za drug naslov. Spremeni se, ko je uporabljena povezava, poslana na tisti naslov.',
        'Če to niste bili vi, takoj spremenite geslo: s tem je povezava preklicana.',
      ],
      action: 'Prijava',
    }),
    addressChanged: () => ({
      subject: 'Vaš naslov je spremenjen',
      before: [
        'Vaš račun Carrel ima zdaj drug naslov; ta se ne uporablja več.',
        'Če to niste bili vi, pišite svoji knjižnici.',
      ],
    }),
    accountDeleted: () => ({
      subject: 'Vaš račun je izbrisan',
      before: ['Vaš račun Carrel je izbrisan. Vaša poročila ostanejo, brez vašega imena.'],
    }),
    confirmUniversity: ({ university }) => ({
      subject: 'Potrdite prošnjo za univerzo',
      before: [`Nekdo je na Carrelu zaprosil za ${university} in za stike navedel ta naslov.`],
      action: 'Potrdi prošnjo',
      after: ['Povezava deluje enkrat.', NOT_YOU],
    }),
    universityApproved: ({ university }) => ({
      subject: 'Vaša univerza je tu',
      before: [`${university} je zdaj na Carrelu: ljudje z njenimi naslovi se lahko registrirajo.`],
      action: 'Odpri Carrel',
    }),
    universityRejected: ({ university, reason }) => ({
      subject: 'Vaša prošnja ni bila odobrena',
      before: [`Prošnja za ${university} na Carrelu ni bila odobrena.`, ...(reason === null ? [] : [reason])],
    }),
  },
}
