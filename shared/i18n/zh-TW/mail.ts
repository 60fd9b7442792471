import type { MailWords } from '../words.ts'
import type { language } from './language.ts'

/** The words of mails. */
export const mail: MailWords<typeof language> = {
  verifyAddress: {
    subject: '請確認您的電子郵件信箱',
    what: '有人以此信箱申請 {{university}} 的 Carrel 帳號。',
    action: '確認信箱',
    link_other: '此連結僅限使用一次，{{count}} 小時內有效。',
  },
  finishAccount: {
    subject: '請設定您的密碼',
    what: '有人以此信箱多次申請 {{university}} 的帳號，且每次的密碼都不同，因此均未採用。',
    more: '請在此設定密碼，信箱也會一併完成確認。',
    action: '設定密碼',
    link_other: '此連結僅限使用一次，{{count}} 小時內有效。',
  },
  accountExists: {
    subject: '您已有帳號',
    what: '有人以此信箱申請 Carrel 帳號，但此信箱已有帳號。請直接登入，或在登入頁面點選「忘記密碼？」。',
    action: '登入',
  },
  accountExistsAt: {
    what: '有人以此信箱申請 {{university}} 的 Carrel 帳號，但此信箱已有帳號。請直接登入，或在登入頁面點選「忘記密碼？」。',
  },
  accountWaits: {
    subject: '目前還不能建立帳號',
    what: '有人以此信箱申請 Carrel 帳號。使用此信箱的帳號近期才刪除，因此要到 {{until}} 之後才能建立新帳號。',
  },
  resetPassword: {
    subject: '請設定新密碼',
    what: '有人要求重設您 Carrel 帳號的密碼。',
    action: '設定新密碼',
    link_other: '此連結僅限使用一次，{{count}} 小時內有效。設定後，所有裝置都會登出。',
  },
  passwordChanged: {
    subject: '您的密碼已變更',
    what: '您 Carrel 帳號的密碼已變更，其他裝置均已登出。',
    more: '如果這不是您本人的操作，請立即在登入頁面點選「忘記密碼？」。',
    action: '登入',
  },
  changeAddress: {
    subject: '請確認您的新信箱',
    what: '有人要求將 Carrel 帳號改用此信箱。',
    action: '確認新信箱',
    link_other: '此連結僅限使用一次，{{count}} 小時內有效。確認後，其他裝置都會登出。',
  },
  addressChangeAsked: {
    subject: '有人要求變更您的信箱',
    what: '有人知道您 Carrel 帳號的密碼，並要求改用另一個信箱。我們已將連結寄到該信箱，對方使用連結後，變更就會生效。',
    more: '如果這不是您本人的操作，請立即變更密碼，該連結就會失效。',
    action: '登入',
  },
  addressChanged: {
    subject: '您的信箱已變更',
    what: '您的 Carrel 帳號已改用另一個信箱，此信箱不再使用。',
    more: '如果這不是您本人的操作，請聯絡圖書館。',
  },
  accountDeleted: {
    subject: '您的帳號已刪除',
    what: '您的 Carrel 帳號已刪除。您的回報會保留，但不含您的姓名。',
  },
  confirmUniversity: {
    subject: '請確認加入 Carrel 的申請',
    what: '有人為 {{university}} 申請加入 Carrel，並以此信箱作為聯絡信箱。',
    action: '確認申請',
    link_other: '此連結僅限使用一次，{{count}} 小時內有效。',
  },
  universityApproved: {
    subject: '您的學校已加入 Carrel',
    what: '{{university}} 已加入 Carrel，擁有該校信箱的人現在都能建立帳號。',
    action: '開啟 Carrel',
  },
  universityRejected: {
    subject: '您的申請未獲核准',
    what: '{{university}} 加入 Carrel 的申請未獲核准。',
  },
  notice: {
    action: '開啟收件匣',
    group: '您因身為群組「{{group}}」的成員而收到此訊息。',
    why: '此訊息與 {{university}} 有關。',
  },
  requestsWait: {
    subject_other: '{{count}} 筆預約申請等待您審核',
    what_other: '{{university}} 有 {{count}} 筆預約申請等待審核：',
    more_other: '另有 {{count}} 筆。',
    action: '開啟收件匣',
  },
  zone: '時區：{{timezone}}',
  dayAndTime: '{{date}} {{time}}',
  actionLine: '{{action}}：',
  ignoreLink: '如果這不是您本人的操作，請忽略這封信。只要不使用連結，就不會有任何變更。',
  ignore: '如果這不是您本人的操作，請忽略這封信。',
  footer: '您收到這封信，是因為此信箱與某個 Carrel 帳號有關。這封信由系統自動寄出，請勿直接回覆。',
}
