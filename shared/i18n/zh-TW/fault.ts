import type { FaultWords } from '../words.ts'
import type { language } from './language.ts'

/** What stands on a page before its words are there, or when they cannot be had: shown in all languages at once. */
export const fault: FaultWords<typeof language> = {
  loading: { title: '請稍候', body: '正在載入畫面。' },
  loadFailed: {
    title: '這個畫面未能完整載入',
    body: '稍後會自動重試，已儲存的資料不會遺失。',
  },
  broken: {
    title: '這個頁面發生錯誤',
    self: '稍後會自動重新啟動，已儲存的資料不會遺失。',
    hand: '請重新載入，已儲存的資料不會遺失。',
    again: '重新載入',
  },
  unreachable: {
    title: '無法連線到 Carrel',
    advice: '請檢查網路連線，然後再試一次。',
    retry: '再試一次',
  },
}
