/**
 * Every address of the portal: the hub gives its page at them and at no others, the page knows a screen for each, and
 * mailed links name them. `:name` stands for one part.
 */
export const PORTAL_PATHS = [
  '/',
  '/sign-in',
  '/sign-up',
  '/sign-up/sent',
  '/verify',
  '/forgotten',
  '/reset',
  '/email',
  '/setup',
  '/universities/new',
  '/universities/confirm',
  '/mine',
  '/spaces/new',
  '/spaces/:id',
  '/spaces/:id/edit',
  '/reports',
  '/inbox',
  '/profile',
  '/groups',
  '/groups/:id',
  '/platform',
  '/changes',
] as const

/** One of them, as a pattern. */
export type PortalPath = (typeof PORTAL_PATHS)[number]
