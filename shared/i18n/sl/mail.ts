import type { MailWords } from '../words.ts'
import type { language } from './language.ts'

/** The words of mails. */
export const mail: MailWords<typeof language> = {
  verifyAddress: {
    subject: 'Potrdite svoj e-naslov',
    what: 'Nekdo je za ta e-naslov zahteval račun v Carrelu ({{university}}).',
    action: 'Potrdi e-naslov',
    link_one: 'Povezavo lahko uporabite enkrat, v {{count}} uri.',
    link_two: 'Povezavo lahko uporabite enkrat, v {{count}} urah.',
    link_few: 'Povezavo lahko uporabite enkrat, v {{count}} urah.',
    link_other: 'Povezavo lahko uporabite enkrat, v {{count}} urah.',
  },
  finishAccount: {
    subject: 'Izberite geslo',
    what: 'Nekdo je za ta e-naslov večkrat zahteval račun v Carrelu ({{university}}) z različnimi gesli. Nobeno od njih ne velja.',
    more: 'Geslo izberite tukaj. S tem potrdite tudi e-naslov.',
    action: 'Izberi geslo',
    link_one: 'Povezavo lahko uporabite enkrat, v {{count}} uri.',
    link_two: 'Povezavo lahko uporabite enkrat, v {{count}} urah.',
    link_few: 'Povezavo lahko uporabite enkrat, v {{count}} urah.',
    link_other: 'Povezavo lahko uporabite enkrat, v {{count}} urah.',
  },
  accountExists: {
    subject: 'Račun že imate',
    what: 'Nekdo je za ta e-naslov zahteval račun v Carrelu, vendar račun že obstaja. Prijavite se ali na strani za prijavo izberite »Ste pozabili geslo?«.',
    action: 'Prijava',
  },
  accountExistsAt: {
    what: 'Nekdo je za ta e-naslov zahteval račun v Carrelu ({{university}}), vendar račun že obstaja. Prijavite se ali na strani za prijavo izberite »Ste pozabili geslo?«.',
  },
  accountWaits: {
    subject: 'Računa še ne morete ustvariti',
    what: 'Nekdo je za ta e-naslov zahteval račun v Carrelu. Račun s tem e-naslovom je bil pred kratkim izbrisan. Novega lahko ustvarite šele po tem času: {{until}}.',
  },
  resetPassword: {
    subject: 'Izberite novo geslo',
    what: 'Nekdo je zahteval novo geslo za vaš račun v Carrelu.',
    action: 'Izberi novo geslo',
    link_one: 'Povezavo lahko uporabite enkrat, v {{count}} uri. Odjavljeni boste povsod.',
    link_two: 'Povezavo lahko uporabite enkrat, v {{count}} urah. Odjavljeni boste povsod.',
    link_few: 'Povezavo lahko uporabite enkrat, v {{count}} urah. Odjavljeni boste povsod.',
    link_other: 'Povezavo lahko uporabite enkrat, v {{count}} urah. Odjavljeni boste povsod.',
  },
  passwordChanged: {
    subject: 'Vaše geslo je spremenjeno',
    what: 'Geslo vašega računa v Carrelu je bilo spremenjeno in na drugih napravah ste bili odjavljeni.',
    more: 'Če to niste bili vi, na strani za prijavo takoj izberite »Ste pozabili geslo?«.',
    action: 'Prijava',
  },
  changeAddress: {
    subject: 'Potrdite svoj novi e-naslov',
    what: 'Nekdo želi ta e-naslov uporabljati za svoj račun v Carrelu.',
    action: 'Potrdi novi e-naslov',
    link_one: 'Povezavo lahko uporabite enkrat, v {{count}} uri. Na drugih napravah boste odjavljeni.',
    link_two: 'Povezavo lahko uporabite enkrat, v {{count}} urah. Na drugih napravah boste odjavljeni.',
    link_few: 'Povezavo lahko uporabite enkrat, v {{count}} urah. Na drugih napravah boste odjavljeni.',
    link_other: 'Povezavo lahko uporabite enkrat, v {{count}} urah. Na drugih napravah boste odjavljeni.',
  },
  addressChangeAsked: {
    subject: 'Zahtevana je sprememba vašega e-naslova',
    what: 'Nekdo, ki pozna geslo vašega računa v Carrelu, je zahteval drug e-naslov. Sprememba začne veljati, ko bo uporabljena povezava, ki smo jo poslali na novi e-naslov.',
    more: 'Če to niste bili vi, takoj spremenite geslo: povezava potem ne bo več delovala.',
    action: 'Prijava',
  },
  addressChanged: {
    subject: 'Vaš e-naslov je spremenjen',
    what: 'Vaš račun v Carrelu ima zdaj drug e-naslov; ta se ne uporablja več.',
    more: 'Če to niste bili vi, se obrnite na svojo knjižnico.',
  },
  accountDeleted: {
    subject: 'Vaš račun je izbrisan',
    what: 'Vaš račun v Carrelu je izbrisan. Vaša poročila ostanejo, vendar brez vašega imena.',
  },
  confirmUniversity: {
    subject: 'Potrdite prošnjo za vključitev univerze',
    what: 'Nekdo je zaprosil za vključitev univerze v Carrel ({{university}}) in za stik navedel ta e-naslov.',
    action: 'Potrdi prošnjo',
    link_one: 'Povezavo lahko uporabite enkrat, v {{count}} uri.',
    link_two: 'Povezavo lahko uporabite enkrat, v {{count}} urah.',
    link_few: 'Povezavo lahko uporabite enkrat, v {{count}} urah.',
    link_other: 'Povezavo lahko uporabite enkrat, v {{count}} urah.',
  },
  universityApproved: {
    subject: 'Vaša univerza je zdaj v Carrelu',
    what: '{{university}} je zdaj v Carrelu. Vsi z njenim e-naslovom lahko ustvarijo račun.',
    action: 'Odpri Carrel',
  },
  universityRejected: {
    subject: 'Vaša prošnja ni bila odobrena',
    what: 'Vaša prošnja za vključitev univerze v Carrel ({{university}}) ni bila odobrena.',
  },
  actionLine: '{{action}}:',
  ignoreLink:
    'Če to niste bili vi, tega sporočila ne upoštevajte: dokler povezave nihče ne uporabi, se nič ne spremeni.',
  ignore: 'Če to niste bili vi, tega sporočila ne upoštevajte.',
  footer: 'To sporočilo ste prejeli zaradi računa v Carrelu s tem e-naslovom. Odgovorov ne spremljamo.',
}
