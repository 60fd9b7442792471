/** What stands on a page before its words are there, or when they cannot be had: shown in all languages at once. */
export const fault = {
  loading: { title: 'One moment, please', body: 'This screen is loading.' },
  loadFailed: {
    title: 'This screen did not load completely',
    body: 'It will try again in a moment. Anything already saved is safe.',
  },
  broken: {
    title: 'Something went wrong on this page',
    self: 'It will restart in a moment. Anything already saved is safe.',
    hand: 'Please reload it. Anything already saved is safe.',
    again: 'Reload page',
  },
  unreachable: {
    title: 'Can’t reach Carrel',
    advice: 'Check your connection and try again.',
    retry: 'Try again',
  },
} as const
