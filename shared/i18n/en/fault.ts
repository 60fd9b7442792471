/** What stands on a page before its words are there, or when they cannot be had: shown in all languages at once. */
export const fault = {
  loading: { title: 'One moment, please', body: 'This screen is loading.' },
  loadFailed: {
    title: 'This screen has not loaded completely',
    body: 'It tries again by itself in a moment. Nothing that was saved is lost.',
  },
  broken: {
    title: 'Something went wrong on this page',
    self: 'It starts again by itself in a moment. Nothing that was saved is lost.',
    hand: 'Please load it again. Nothing that was saved is lost.',
    again: 'Load again',
  },
  unreachable: {
    title: 'Carrel cannot be reached',
    advice: 'Check your connection and try again.',
    retry: 'Try again',
  },
} as const
