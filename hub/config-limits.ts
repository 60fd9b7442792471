import {
  ACCOUNT_LIMITS,
  CALL_LIMITS,
  FAILED_ENROLMENTS,
  SOCKET_LIMITS,
  type AccountLimits,
  type CallLimits,
  type SocketLimits,
  type AttemptLimit,
} from '#shared/domain/conduct.ts'

/** How much there may be from one address of the network, by one person and in one session. */
export interface HubLimits {
  /** Attempts to sign in, register and the like, and acts. [IDN-12] [EDG-6] */
  accountLimits: AccountLimits
  /** Failed enrolments of one address of the network. [SYN-20] */
  failedEnrolments: AttemptLimit
  /** Sockets of one address of the network. [EDG-14] */
  socketLimits: SocketLimits
  /** Calls at once, and for how long they wait. [EDG-20] */
  callLimits: CallLimits
}

/** How many tries and acts there may be, beside how many requests for universities. [EDG-6] */
export const LIMIT_NAMES = [
  'CARREL_MOST_SIGN_INS_PER_ADDRESS',
  'CARREL_MOST_WRONG_PASSWORDS_PER_ADDRESS',
  'CARREL_MOST_REGISTRATIONS_PER_ADDRESS',
  'CARREL_MOST_JUDGED_PASSWORDS_PER_ADDRESS',
  'CARREL_MOST_MAILS_PER_ADDRESS',
  'CARREL_MOST_LINKS_PER_ADDRESS',
  'CARREL_MOST_FAILED_ENROLMENTS_PER_ADDRESS',
  'CARREL_MOST_ACTS_PER_PERSON',
  'CARREL_MOST_ACTS_PER_ADDRESS',
  'CARREL_MOST_NEW_KIOSK_SOCKETS_PER_ADDRESS',
  'CARREL_MOST_NEW_PAGE_SOCKETS_PER_ADDRESS',
  'CARREL_MOST_PAGE_SOCKETS_PER_ADDRESS',
  'CARREL_MOST_CALLS_AT_ONCE_PER_ADDRESS',
  'CARREL_MOST_WAIT_SECONDS',
] as const
type LimitName = (typeof LIMIT_NAMES)[number]

/** The limits as an installation has them; their windows of time are always the same. [EDG-6] */
export function readLimits(read: (name: LimitName) => number | null): HubLimits {
  const at = (limit: AttemptLimit, name: LimitName): AttemptLimit => ({
    ...limit,
    count: read(name) ?? limit.count,
  })
  const {
    signIn,
    wrongPassword,
    register,
    password,
    resend,
    forgotten,
    link,
    act,
    read: reads,
  } = ACCOUNT_LIMITS
  const from = (limits: AccountLimits['act'], name: LimitName): AccountLimits['act'] => ({
    ...limits,
    perAddress: at(limits.perAddress, name),
  })
  return {
    accountLimits: {
      signIn: from(signIn, 'CARREL_MOST_SIGN_INS_PER_ADDRESS'),
      wrongPassword: from(wrongPassword, 'CARREL_MOST_WRONG_PASSWORDS_PER_ADDRESS'),
      register: from(register, 'CARREL_MOST_REGISTRATIONS_PER_ADDRESS'),
      password: from(password, 'CARREL_MOST_JUDGED_PASSWORDS_PER_ADDRESS'),
      resend: from(resend, 'CARREL_MOST_MAILS_PER_ADDRESS'),
      forgotten: from(forgotten, 'CARREL_MOST_MAILS_PER_ADDRESS'),
      link: from(link, 'CARREL_MOST_LINKS_PER_ADDRESS'),
      act: {
        ...from(act, 'CARREL_MOST_ACTS_PER_ADDRESS'),
        perAccount: at(act.perAccount, 'CARREL_MOST_ACTS_PER_PERSON'),
      },
      read: reads,
    },
    failedEnrolments: at(FAILED_ENROLMENTS, 'CARREL_MOST_FAILED_ENROLMENTS_PER_ADDRESS'),
    socketLimits: {
      newKiosks: read('CARREL_MOST_NEW_KIOSK_SOCKETS_PER_ADDRESS') ?? SOCKET_LIMITS.newKiosks,
      newPages: read('CARREL_MOST_NEW_PAGE_SOCKETS_PER_ADDRESS') ?? SOCKET_LIMITS.newPages,
      pages: read('CARREL_MOST_PAGE_SOCKETS_PER_ADDRESS') ?? SOCKET_LIMITS.pages,
    },
    callLimits: {
      ...CALL_LIMITS,
      perAddress: {
        ...CALL_LIMITS.perAddress,
        running: read('CARREL_MOST_CALLS_AT_ONCE_PER_ADDRESS') ?? CALL_LIMITS.perAddress.running,
      },
      waitMs: 1000 * (read('CARREL_MOST_WAIT_SECONDS') ?? CALL_LIMITS.waitMs / 1000),
    },
  }
}
