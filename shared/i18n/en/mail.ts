/** The words of mails in English: the shape that every other language must have. A mail says what is in its part, in this order. */
export const mail = {
  verifyAddress: {
    subject: 'Confirm your address',
    what: 'Somebody asked for a Carrel account at {{university}} with this address.',
    action: 'Confirm the address',
    link_one: 'The link works once, and for {{count}} hour.',
    link_other: 'The link works once, and for {{count}} hours.',
  },
  finishAccount: {
    subject: 'Choose your password',
    what: 'An account at {{university}} was asked for with this address more than once, with different passwords. None of them counts.',
    more: 'Choose the password here; that also confirms the address.',
    action: 'Choose a password',
    link_one: 'The link works once, and for {{count}} hour.',
    link_other: 'The link works once, and for {{count}} hours.',
  },
  accountExists: {
    subject: 'You have an account already',
    what: 'Somebody asked for a Carrel account with this address. There is one already: sign in, or choose “Forgotten” there if you do not know the password.',
    action: 'Sign in',
  },
  accountExistsAt: {
    what: 'Somebody asked for a Carrel account at {{university}} with this address. There is one already: sign in, or choose “Forgotten” there if you do not know the password.',
  },
  accountWaits: {
    subject: 'A new account must wait',
    what: 'Somebody asked for a Carrel account with this address. An account of this address was ended not long ago; a new one can be made after {{until}}.',
  },
  resetPassword: {
    subject: 'Choose a new password',
    what: 'Somebody said that they had forgotten the password of your Carrel account.',
    action: 'Choose a new password',
    link_one: 'The link works once, and for {{count}} hour. It ends all sessions.',
    link_other: 'The link works once, and for {{count}} hours. It ends all sessions.',
  },
  passwordChanged: {
    subject: 'Your password was changed',
    what: 'The password of your Carrel account was changed, and other sessions were ended.',
    more: 'If that was not you, choose “Forgotten” at sign-in at once.',
    action: 'Sign in',
  },
  changeAddress: {
    subject: 'Confirm your new address',
    what: 'Somebody wants to use this address for their Carrel account.',
    action: 'Confirm the new address',
    link_one: 'The link works once, and for {{count}} hour. It ends other sessions.',
    link_other: 'The link works once, and for {{count}} hours. It ends other sessions.',
  },
  addressChangeAsked: {
    subject: 'Another address was asked for',
    what: 'Somebody who knows the password of your Carrel account asked for another address. It changes when a link is used that was sent to that address.',
    more: 'If that was not you, change your password at once: that takes the link back.',
    action: 'Sign in',
  },
  addressChanged: {
    subject: 'Your address was changed',
    what: 'Your Carrel account has another address now; this one is no longer used.',
    more: 'If that was not you, write to your library.',
  },
  accountDeleted: {
    subject: 'Your account was deleted',
    what: 'Your Carrel account was deleted. What you reported stays, without your name.',
  },
  confirmUniversity: {
    subject: 'Confirm your request for a university',
    what: 'Somebody asked for {{university}} on Carrel, with this address as the one to write to.',
    action: 'Confirm the request',
    link_one: 'The link works once, and for {{count}} hour.',
    link_other: 'The link works once, and for {{count}} hours.',
  },
  universityApproved: {
    subject: 'Your university is there',
    what: '{{university}} is on Carrel now: people with its addresses can sign up.',
    action: 'Open Carrel',
  },
  universityRejected: {
    subject: 'Your request was not approved',
    what: 'The request for {{university}} on Carrel was not approved.',
  },
  /** Under a link that changes something. */
  ignoreLink: 'If that was not you, do nothing: without this link nothing happens.',
  /** Where there is nothing to be done at all. */
  ignore: 'If that was not you, do nothing.',
  /** Under every mail. */
  footer: 'Carrel writes to you because of an account with this address. Nobody reads answers to this mail.',
} as const
