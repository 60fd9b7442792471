/**
 * Every line that a kiosk can log, by its code. Operators filter by codes: one is never renamed and never given a second
 * meaning. The text is the `event` that release 0.1, which had no codes, wrote instead. What each
 * line says today stands in desktop/README.md, where a test holds it to the calls.
 */
export const LOG_CODES = {
  // Store
  'folder-not-opened': 'the folder cannot be opened',
  'outbox-failing': 'the outbox has trouble',
  'outbox-salvaged': 'the outbox is broken and was moved aside',
  'outbox-emptied': 'the outbox was emptied and its log moved aside',
  'broken-outboxes-left': 'broken outboxes lie aside: export them, then delete them',
  'outbox-copied': 'the outbox of another university was kept',
  'prune-failed': 'nothing was pruned',
  'cache-failing': 'the cache has trouble',
  'cache-unreadable': 'the cache is unreadable',
  'cache-reset': 'the cache begins anew',
  'cache-reset-failed': 'the cache cannot begin anew and is tried again',
  // Hub
  enrolled: 'enrolled',
  'hub-connection-ended': 'the line ended',
  'hub-message-failed': 'a line ended by a fault of ours',
  'hub-refused': 'the hub says that something is wrong',
  'mutation-refused': 'the hub refused a tap',
  'identity-forked': 'another device has this name: a new identity is asked for',
  'assignment-not-shown': 'the place that the hub told cannot be shown and is not taken',
  'digest-mismatch': 'the digest differs',
  'rows-left-out': 'the hub sends rows that nobody asked for',
  'mutation-held-back': 'the hub does not know what waits here',
  'hub-time-stepped': 'the hub’s time does not fit what it said before',
  'process-stood-still': 'this process stood still',
  // Configuration and start
  'configuration-unusable': 'the configuration cannot be used',
  'setting-unknown': 'an unknown setting was left out',
  'language-unknown': 'no screen speaks the language of the settings',
  'ca-file-ignored': 'hub.caFile is for kiosks: the portal trusts the authorities of the system',
  'switches-passed-on': 'switches were left to Chromium',
  'stale-lock-removed': 'the lock of another host name was removed',
  'token-not-saved': 'the token was not kept',
  // Pages
  'call-failed': 'a call failed',
  'page-fault': 'a fault of the page',
  'screen-not-updated': 'a screen was not told',
  'screen-dropped': 'a screen reads nothing and is dropped',
  'screen-not-painting': 'a screen paints nothing',
  'screen-file-unreadable': 'screen file not readable',
  'page-not-painting': 'page paints nothing',
  'page-hangs': 'page hangs',
  'page-process-gone': 'page gone',
  'page-not-loaded': 'page not loaded',
  'load-ended': 'load ended',
  'portal-hub-unreachable': 'hub not reached',
  'helper-process-gone': 'helper gone',
  // Refused to pages and people
  'foreign-page-refused': 'message of a foreign page refused',
  'navigation-refused': 'navigation refused',
  'redirect-refused': 'redirect refused',
  'window-refused': 'window refused',
  'webview-refused': 'embedded page refused',
  'request-refused': 'request refused',
  'permission-refused': 'permission refused',
  'close-refused': 'closing refused',
  // End of the app
  'app-failed': 'the app cannot go on',
  'stop-failed': 'not stopped cleanly',
  'stop-timed-out': 'not stopped in time',
} as const

/** The code of a line of the log, in kebab case. */
export type LogCode = keyof typeof LOG_CODES
