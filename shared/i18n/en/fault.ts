/** What stands on a page before its words are there, or when they cannot be had: shown in all languages at once. */
export const fault = {
  loading: { title: 'One moment, please', body: 'This screen is loading.' },
  loadFailed: {
    title: 'This screen did not load completely',
    body: 'It tries again by itself in a moment. Everything saved is kept.',
  },
  broken: {
    title: 'Something went wrong on this page',
    self: 'It restarts by itself in a moment. Everything saved is kept.',
    hand: 'Please reload it. Everything saved is kept.',
    again: 'Reload page',
  },
  unreachable: {
    title: 'Can’t reach Carrel',
    advice: 'Check your connection and try again.',
    retry: 'Try again',
  },
} as const
