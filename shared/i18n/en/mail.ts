/** The words of mails in English: the shape that every other language must have. A mail says what is in its part, in this order. */
export const mail = {
  verifyAddress: {
    subject: 'Confirm your email address',
    what: 'Someone requested a Carrel account at {{university}} with this email address.',
    action: 'Confirm email address',
    link_one: 'The link works once and expires after {{count}} hour.',
    link_other: 'The link works once and expires after {{count}} hours.',
  },
  finishAccount: {
    subject: 'Choose your password',
    what: 'Someone requested an account at {{university}} with this email address more than once, with different passwords. None of them was set.',
    more: 'Choose the password here. This also confirms the email address.',
    action: 'Choose password',
    link_one: 'The link works once and expires after {{count}} hour.',
    link_other: 'The link works once and expires after {{count}} hours.',
  },
  accountExists: {
    subject: 'You already have an account',
    what: 'Someone requested a Carrel account with this email address, but it already has one. Sign in, or choose “Forgot your password?” on the sign-in page.',
    action: 'Sign in',
  },
  accountExistsAt: {
    what: 'Someone requested a Carrel account at {{university}} with this email address, but it already has one. Sign in, or choose “Forgot your password?” on the sign-in page.',
  },
  accountWaits: {
    subject: 'You can’t create an account yet',
    what: 'Someone requested a Carrel account with this email address. An account with this address was deleted recently, so a new one can only be created after {{until}}.',
  },
  resetPassword: {
    subject: 'Choose a new password',
    what: 'Someone requested a new password for your Carrel account.',
    action: 'Choose new password',
    link_one:
      'The link works once and expires after {{count}} hour. Once you choose a new password, you’ll be signed out everywhere.',
    link_other:
      'The link works once and expires after {{count}} hours. Once you choose a new password, you’ll be signed out everywhere.',
  },
  passwordChanged: {
    subject: 'Your password was changed',
    what: 'The password of your Carrel account was changed, and you were signed out on other devices.',
    more: 'If this wasn’t you, choose “Forgot your password?” on the sign-in page at once.',
    action: 'Sign in',
  },
  changeAddress: {
    subject: 'Confirm your new email address',
    what: 'Someone wants to use this email address for their Carrel account.',
    action: 'Confirm new email address',
    link_one:
      'The link works once and expires after {{count}} hour. Once you confirm, you’ll be signed out on other devices.',
    link_other:
      'The link works once and expires after {{count}} hours. Once you confirm, you’ll be signed out on other devices.',
  },
  addressChangeAsked: {
    subject: 'Email address change requested',
    what: 'Someone who knows the password of your Carrel account requested a different email address. It changes once the link that we sent to that address is used.',
    more: 'If this wasn’t you, change your password at once: the link then stops working.',
    action: 'Sign in',
  },
  addressChanged: {
    subject: 'Your email address was changed',
    what: 'Your Carrel account now has a different email address; this one is no longer used.',
    more: 'If this wasn’t you, contact your library.',
  },
  accountDeleted: {
    subject: 'Your account was deleted',
    what: 'Your Carrel account was deleted. Your reports stay, without your name.',
  },
  confirmUniversity: {
    subject: 'Confirm your university request',
    what: 'Someone requested Carrel for {{university}}, with this email address as the contact.',
    action: 'Confirm request',
    link_one: 'The link works once and expires after {{count}} hour.',
    link_other: 'The link works once and expires after {{count}} hours.',
  },
  universityApproved: {
    subject: 'Your university is now on Carrel',
    what: '{{university}} is now on Carrel. Everyone with one of its email addresses can create an account.',
    action: 'Open Carrel',
  },
  universityRejected: {
    subject: 'Your request was not approved',
    what: 'Your request to use Carrel at {{university}} was not approved.',
  },
  notice: {
    action: 'Open inbox',
    group: 'You are told as a member of the group {{group}}.',
    why: 'This is about {{university}}.',
  },
  requestsWait: {
    subject_one: '{{count}} pending booking request',
    subject_other: '{{count}} pending booking requests',
    what_one: '{{count}} booking request at {{university}} is pending:',
    what_other: '{{count}} booking requests at {{university}} are pending:',
    more_one: 'And {{count}} more.',
    more_other: 'And {{count}} more.',
    action: 'Open inbox',
  },
  /** Under times of a university. */
  zone: 'Time zone: {{timezone}}',
  dayAndTime: '{{date}}, {{time}}',
  /** Above a link, where it cannot be part of the words. */
  actionLine: '{{action}}:',
  /** Under a link that changes something. */
  ignoreLink: 'If this wasn’t you, ignore this email: nothing changes unless the link is used.',
  /** Where there is nothing to be done at all. */
  ignore: 'If this wasn’t you, ignore this email.',
  /** Under every mail. */
  footer: 'You received this email because this address was entered on Carrel. Replies are not monitored.',
} as const
