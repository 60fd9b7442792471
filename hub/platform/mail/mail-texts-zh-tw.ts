import type { MailTexts } from './mail-text.ts'

const NOT_YOU = '如果這不是您本人所為，請不必理會：不使用此連結，就不會有任何變更。'

const when = (ms: number): string =>
  `${new Intl.DateTimeFormat('zh-TW', { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' }).format(ms)} UTC`

/** All mails in Traditional Chinese. */
export const MAIL_TEXTS_ZH_TW: MailTexts = {
  footer: 'Carrel 因使用此地址的帳號寄出這封信。請勿回覆，回信無人閱讀。',
  mails: {
    verifyAddress: ({ university }) => ({
      subject: '請確認您的電子郵件地址',
      before: [`有人以此地址申請 ${university} 的 Carrel 帳號。`],
      action: '確認地址',
      after: ['此連結只能使用一次，24 小時內有效。', NOT_YOU],
    }),
    finishAccount: ({ university }) => ({
      subject: '請設定您的密碼',
      before: [
        `有人以此地址多次申請 ${university} 的帳號，且密碼各不相同。這些密碼都不算數。`,
        '請在此設定密碼，同時也會確認您的地址。',
      ],
      action: '設定密碼',
      after: ['此連結只能使用一次，24 小時內有效。', NOT_YOU],
    }),
    accountExists: ({ university }) => ({
      subject: '您已經有帳號了',
      before: [
        `有人以此地址申請${university === null ? '' : ` ${university} 的`} Carrel 帳號，但帳號已經存在。請直接登入；若不知道密碼，請在登入頁選擇「忘記密碼」。`,
      ],
      action: '登入',
      after: ['如果這不是您本人所為，請不必理會。'],
    }),
    accountWaits: ({ untilMs }) => ({
      subject: '新帳號需要等候',
      before: [
        `有人以此地址申請 Carrel 帳號。此地址的帳號不久前才終止；新帳號要在 ${when(untilMs)} 之後才能申請。`,
      ],
    }),
    resetPassword: () => ({
      subject: '請設定新密碼',
      before: ['有人表示忘記了您 Carrel 帳號的密碼。'],
      action: '設定新密碼',
      after: ['此連結只能使用一次，一小時內有效，並會結束所有登入。', NOT_YOU],
    }),
    passwordChanged: () => ({
      subject: '您的密碼已變更',
      before: [
        '您 Carrel 帳號的密碼已變更，其他登入已結束。',
        '如果這不是您本人所為，請立刻在登入頁選擇「忘記密碼」。',
      ],
      action: '登入',
    }),
    changeAddress: () => ({
      subject: '請確認您的新地址',
      before: ['有人想將此地址用於自己的 Carrel 帳號。'],
      action: '確認新地址',
      after: ['此連結只能使用一次，24 小時內有效，並會結束其他登入。', NOT_YOU],
    }),
    addressChangeAsked: () => ({
      subject: '有人申請變更地址',
      before: [
        '知道您 Carrel 帳號密碼的人申請改用另一個地址。寄到該地址的連結被使用後，地址就會變更。',
        '如果這不是您本人所為，請立刻變更密碼，該連結便會失效。',
      ],
      action: '登入',
    }),
    addressChanged: () => ({
      subject: '您的地址已變更',
      before: [
        '您的 Carrel 帳號已改用另一個地址，此地址不再使用。',
        '如果這不是您本人所為，請聯絡您的圖書館。',
      ],
    }),
    accountDeleted: () => ({
      subject: '您的帳號已刪除',
      before: ['您的 Carrel 帳號已刪除。您的回報會保留，但不具名。'],
    }),
    confirmUniversity: ({ university }) => ({
      subject: '請確認您的大學申請',
      before: [`有人在 Carrel 申請加入 ${university}，並以此地址作為聯絡地址。`],
      action: '確認申請',
      after: ['此連結只能使用一次。', NOT_YOU],
    }),
    universityApproved: ({ university }) => ({
      subject: '您的大學已加入',
      before: [`${university} 已加入 Carrel，使用該校地址的人現在可以註冊。`],
      action: '開啟 Carrel',
    }),
    universityRejected: ({ university, reason }) => ({
      subject: '您的申請未獲核准',
      before: [`${university} 加入 Carrel 的申請未獲核准。`, ...(reason === null ? [] : [reason])],
    }),
  },
}
