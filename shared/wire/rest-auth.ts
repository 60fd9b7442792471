import { Type } from 'typebox'
import {
  AddressText,
  LinkToken,
  MAX_ADDRESS_LENGTH,
  MAX_DISPLAYNAME_LENGTH,
  Me,
  PasswordText,
} from '../domain/account.ts'
import { Id } from '../domain/space.ts'
import { Locale } from '../domain/university.ts'
import type { Contract } from './contract.ts'

const closed = { additionalProperties: false }
const Address = Type.Object({ email: AddressText }, closed)
const Token = Type.Object({ token: LinkToken }, closed)

/** A fresh access token, and who it is for. The refresh token travels in a cookie, where no script reads it. */
const Admission = Type.Object(
  {
    /** JWT, sent as `Authorization: Bearer …`. */
    accessToken: Type.String(),
    /** Seconds until it runs out. */
    expiresInS: Type.Integer({ minimum: 1 }),
    me: Me,
  },
  closed,
)

/** One sign-in of mine. */
const MySession = Type.Object(
  {
    id: Id,
    isThis: Type.Boolean(),
    userAgent: Type.Union([Type.Null(), Type.String()]),
    address: Type.Union([Type.Null(), Type.String()]),
    signedInAtMs: Type.Number(),
    lastSeenAtMs: Type.Number(),
  },
  closed,
)

/** Accounts, sign-in, sessions, profile. */
export const AUTH_ROUTES = {
  'POST /auth/register': {
    summary: 'Requests an account. The answer is the same whether or not the address is known.',
    who: 'anyone',
    hasPasswordSlots: true,
    body: Type.Object({ email: AddressText, password: PasswordText, locale: Type.Optional(Locale) }, closed),
    answer: { status: 202, body: null },
    refusals: ['addressRefused', 'passwordRefused'],
  },
  'POST /auth/verify': {
    summary: 'Confirms an email address with the token of an emailed link, and gives that address.',
    who: 'anyone',
    body: Token,
    answer: { status: 200, body: Type.Object({ email: Type.Union([Type.Null(), Type.String()]) }, closed) },
    refusals: ['linkRefused'],
  },
  'POST /auth/verify/resend': {
    summary: 'Requests the link again.',
    who: 'anyone',
    body: Address,
    answer: { status: 202, body: null },
    refusals: ['addressRefused'],
  },
  'POST /auth/forgotten': {
    summary: 'Requests a link for choosing a new password.',
    who: 'anyone',
    body: Address,
    answer: { status: 202, body: null },
    refusals: ['addressRefused'],
  },
  'POST /auth/reset': {
    summary: 'Chooses a new password with the token of an emailed link; ends all sessions.',
    who: 'anyone',
    hasPasswordSlots: true,
    body: Type.Object({ token: LinkToken, password: PasswordText }, closed),
    answer: { status: 204, body: null },
    refusals: ['linkRefused', 'passwordRefused'],
  },
  'POST /auth/token': {
    summary: 'Signs in with an email address, or with a username at a university.',
    who: 'anyone',
    hasPasswordSlots: true,
    body: Type.Object(
      {
        username: Type.Optional(Type.String({ minLength: 1, maxLength: MAX_ADDRESS_LENGTH })),
        email: Type.Optional(AddressText),
        password: PasswordText,
        university: Type.Optional(Id),
      },
      closed,
    ),
    answer: { status: 200, body: Admission },
    refusals: ['credentialsRefused', 'accountBlocked', 'universityNeeded', 'directoryAway'],
  },
  'POST /auth/token/refresh': {
    summary: 'Exchanges the refresh cookie for a new access token and the next cookie.',
    who: 'anyone',
    answer: { status: 200, body: Admission },
    refusals: ['signInNeeded', 'directoryAway'],
  },
  'POST /auth/logout': {
    summary: 'Ends the session of the refresh cookie, and clears it.',
    who: 'anyone',
    answer: { status: 204, body: null },
    refusals: [],
  },
  'POST /auth/confirm': {
    summary: 'Re-enters the password; sensitive steps are possible for ten minutes.',
    who: 'signedIn',
    body: Type.Object({ password: PasswordText }, closed),
    answer: { status: 204, body: null },
    refusals: ['credentialsRefused', 'directoryAway'],
  },
  'POST /auth/setup': {
    summary: 'Creates the first platform administrator, with the token of the setup link.',
    who: 'anyone',
    hasPasswordSlots: true,
    body: Type.Object({ token: LinkToken, email: AddressText, password: PasswordText }, closed),
    answer: { status: 204, body: null },
    refusals: ['linkRefused', 'addressRefused', 'passwordRefused'],
  },
  'GET /auth/sessions': {
    summary: 'My sessions, newest first.',
    who: 'signedIn',
    isHeavy: true,
    answer: { status: 200, body: Type.Object({ sessions: Type.Array(MySession) }, closed) },
    refusals: [],
  },
  'DELETE /auth/sessions/:id': {
    summary: 'Ends one of my sessions.',
    who: 'signedIn',
    params: Type.Object({ id: Id }, closed),
    answer: { status: 204, body: null },
    refusals: [],
  },
  'DELETE /auth/sessions': {
    summary: 'Ends all my sessions, this one included.',
    who: 'signedIn',
    answer: { status: 204, body: null },
    refusals: [],
  },
  'GET /me': {
    summary: 'Who I am, and in which groups.',
    who: 'signedIn',
    answer: { status: 200, body: Me },
    refusals: [],
  },
  'PATCH /me': {
    summary: 'Changes my name or language.',
    who: 'signedIn',
    isAct: true,
    body: Type.Object(
      {
        displayname: Type.Optional(
          Type.Union([Type.Null(), Type.String({ maxLength: 4 * MAX_DISPLAYNAME_LENGTH })]),
        ),
        locale: Type.Optional(Type.Union([Type.Null(), Locale])),
      },
      closed,
    ),
    answer: { status: 200, body: Me },
    refusals: ['nameRefused'],
  },
  'POST /me/password': {
    summary: 'Changes my password; ends all other sessions.',
    who: 'signedIn',
    body: Type.Object({ password: PasswordText }, closed),
    answer: { status: 204, body: null },
    refusals: ['passwordNeeded', 'passwordRefused', 'notAllowed'],
  },
  'POST /me/email': {
    summary: 'Requests another email address: a link is sent to the new one, a notification to the old one.',
    who: 'signedIn',
    isAct: true,
    body: Address,
    answer: { status: 202, body: null },
    refusals: ['passwordNeeded', 'addressRefused', 'notAllowed'],
  },
  'POST /auth/email': {
    summary: 'Confirms a change of address with the token of the emailed link; ends all other sessions.',
    who: 'anyone',
    body: Token,
    answer: { status: 204, body: null },
    refusals: ['linkRefused'],
  },
  'GET /me/export': {
    summary: 'Everything stored about me.',
    who: 'signedIn',
    isHeavy: true,
    isAct: true,
    answer: { status: 200, body: Type.Record(Type.String(), Type.Unknown()) },
    refusals: ['passwordNeeded'],
  },
  'DELETE /me': {
    summary: 'Deletes my account. Reports stay, without a name.',
    who: 'signedIn',
    answer: { status: 204, body: null },
    refusals: ['passwordNeeded', 'lastAdmin'],
  },
} as const satisfies Record<string, Contract>
