import type { MailWords } from '../words.ts'
import type { language } from './language.ts'

/** The words of mails. */
export const mail: MailWords<typeof language> = {
  verifyAddress: {
    subject: '請確認您的電子郵件地址',
    what: '有人以此地址申請 {{university}} 的 Carrel 帳號。',
    action: '確認地址',
    link_other: '此連結只能使用一次，{{count}} 小時內有效。',
  },
  finishAccount: {
    subject: '請設定您的密碼',
    what: '有人以此地址多次申請 {{university}} 的帳號，且密碼各不相同。這些密碼都不算數。',
    more: '請在此設定密碼，同時也會確認您的地址。',
    action: '設定密碼',
    link_other: '此連結只能使用一次，{{count}} 小時內有效。',
  },
  accountExists: {
    subject: '您已經有帳號了',
    what: '有人以此地址申請 Carrel 帳號，但帳號已經存在。請直接登入；若不知道密碼，請在登入頁選擇「忘記密碼」。',
    action: '登入',
  },
  accountExistsAt: {
    what: '有人以此地址申請 {{university}} 的 Carrel 帳號，但帳號已經存在。請直接登入；若不知道密碼，請在登入頁選擇「忘記密碼」。',
  },
  accountWaits: {
    subject: '新帳號需要等候',
    what: '有人以此地址申請 Carrel 帳號。此地址的帳號不久前才終止；新帳號要在 {{until}} 之後才能申請。',
  },
  resetPassword: {
    subject: '請設定新密碼',
    what: '有人表示忘記了您 Carrel 帳號的密碼。',
    action: '設定新密碼',
    link_other: '此連結只能使用一次，{{count}} 小時內有效，並會結束所有登入。',
  },
  passwordChanged: {
    subject: '您的密碼已變更',
    what: '您 Carrel 帳號的密碼已變更，其他登入已結束。',
    more: '如果這不是您本人所為，請立刻在登入頁選擇「忘記密碼」。',
    action: '登入',
  },
  changeAddress: {
    subject: '請確認您的新地址',
    what: '有人想將此地址用於自己的 Carrel 帳號。',
    action: '確認新地址',
    link_other: '此連結只能使用一次，{{count}} 小時內有效，並會結束其他登入。',
  },
  addressChangeAsked: {
    subject: '有人申請變更地址',
    what: '知道您 Carrel 帳號密碼的人申請改用另一個地址。寄到該地址的連結被使用後，地址就會變更。',
    more: '如果這不是您本人所為，請立刻變更密碼，該連結便會失效。',
    action: '登入',
  },
  addressChanged: {
    subject: '您的地址已變更',
    what: '您的 Carrel 帳號已改用另一個地址，此地址不再使用。',
    more: '如果這不是您本人所為，請聯絡您的圖書館。',
  },
  accountDeleted: {
    subject: '您的帳號已刪除',
    what: '您的 Carrel 帳號已刪除。您的回報會保留，但不具名。',
  },
  confirmUniversity: {
    subject: '請確認您的大學申請',
    what: '有人在 Carrel 申請加入 {{university}}，並以此地址作為聯絡地址。',
    action: '確認申請',
    link_other: '此連結只能使用一次，{{count}} 小時內有效。',
  },
  universityApproved: {
    subject: '您的大學已加入',
    what: '{{university}} 已加入 Carrel，使用該校地址的人現在可以註冊。',
    action: '開啟 Carrel',
  },
  universityRejected: {
    subject: '您的申請未獲核准',
    what: '{{university}} 加入 Carrel 的申請未獲核准。',
  },
  ignoreLink: '如果這不是您本人所為，請不必理會：不使用此連結，就不會有任何變更。',
  ignore: '如果這不是您本人所為，請不必理會。',
  footer: 'Carrel 因使用此地址的帳號寄出這封信。請勿回覆，回信無人閱讀。',
}
