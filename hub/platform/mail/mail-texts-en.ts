import type { MailTexts } from './mail-text.ts'

const NOT_YOU = 'If that was not you, do nothing: without this link nothing happens.'

const when = (ms: number): string =>
  `${new Intl.DateTimeFormat('en', { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' }).format(ms)} UTC`

/** All mails in English. */
export const MAIL_TEXTS_EN: MailTexts = {
  footer: 'Carrel writes to you because of an account with this address. Nobody reads answers to this mail.',
  mails: {
    verifyAddress: ({ university }) => ({
      subject: 'Confirm your address',
      before: [`Somebody asked for a Carrel account at ${university} with this address.`],
      action: 'Confirm the address',
      after: ['The link works once, and for 24 hours.', NOT_YOU],
    }),
    finishAccount: ({ university }) => ({
      subject: 'Choose your password',
      before: [
        `An account at ${university} was asked for with this address more than once, with different passwords. None of them counts.`,
        'Choose the password here; that also confirms the address.',
      ],
      action: 'Choose a password',
      after: ['The link works once, and for 24 hours.', NOT_YOU],
    }),
    accountExists: ({ university }) => ({
      subject: 'You have an account already',
      before: [
        `Somebody asked for a Carrel account${university === null ? '' : ` at ${university}`} with this address. There is one already: sign in, or choose “Forgotten” there if you do not know the password.`,
      ],
      action: 'Sign in',
      after: ['If that was not you, do nothing.'],
    }),
    accountWaits: ({ untilMs }) => ({
      subject: 'A new account must wait',
      before: [
        `Somebody asked for a Carrel account with this address. An account of this address was ended not long ago; a new one can be made after ${when(untilMs)}.`,
      ],
    }),
    resetPassword: () => ({
      subject: 'Choose a new password',
      before: ['Somebody said that they had forgotten the password of your Carrel account.'],
      action: 'Choose a new password',
      after: ['The link works once, and for one hour. It ends all sessions.', NOT_YOU],
    }),
    passwordChanged: () => ({
      subject: 'Your password was changed',
      before: [
        'The password of your Carrel account was changed, and other sessions were ended.',
        'If that was not you, choose “Forgotten” at sign-in at once.',
      ],
      action: 'Sign in',
    }),
    changeAddress: () => ({
      subject: 'Confirm your new address',
      before: ['Somebody wants to use this address for their Carrel account.'],
      action: 'Confirm the new address',
      after: ['The link works once, and for 24 hours. It ends other sessions.', NOT_YOU],
    }),
    addressChangeAsked: () => ({
      subject: 'Another address was asked for',
      before: [
        'Somebody who knows the password of your Carrel account asked for another address. It changes when a link is used that was sent to that address.',
        'If that was not you, change your password at once: that takes the link back.',
      ],
      action: 'Sign in',
    }),
    addressChanged: () => ({
      subject: 'Your address was changed',
      before: [
        'Your Carrel account has another address now; this one is no longer used.',
        'If that was not you, write to your library.',
      ],
    }),
    accountDeleted: () => ({
      subject: 'Your account was deleted',
      before: ['Your Carrel account was deleted. What you reported stays, without your name.'],
    }),
    confirmUniversity: ({ university }) => ({
      subject: 'Confirm your request for a university',
      before: [`Somebody asked for ${university} on Carrel, with this address as the one to write to.`],
      action: 'Confirm the request',
      after: ['The link works once.', NOT_YOU],
    }),
    universityApproved: ({ university }) => ({
      subject: 'Your university is there',
      before: [`${university} is on Carrel now: people with its addresses can sign up.`],
      action: 'Open Carrel',
    }),
    universityRejected: ({ university, reason }) => ({
      subject: 'Your request was not approved',
      before: [
        `The request for ${university} on Carrel was not approved.`,
        ...(reason === null ? [] : [reason]),
      ],
    }),
  },
}
