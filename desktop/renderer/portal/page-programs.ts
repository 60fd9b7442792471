import type { PagePrograms } from './page-loader.ts'

/** The program of every page, each fetched when the page is first wanted: a phone begins with little. */
export const PAGE_PROGRAMS: PagePrograms = {
  signIn: async () => (await import('./pages/sign-in.tsx')).SignIn,
  signUp: async () => (await import('./pages/sign-up.tsx')).SignUp,
  signUpSent: async () => (await import('./pages/sign-up.tsx')).SignUpSent,
  forgotten: async () => (await import('./pages/sign-up.tsx')).Forgotten,
  verify: async () => (await import('./pages/mailed-links.tsx')).Verify,
  reset: async () => (await import('./pages/mailed-links.tsx')).Reset,
  confirmEmail: async () => (await import('./pages/mailed-links.tsx')).ConfirmEmail,
  setup: async () => (await import('./pages/mailed-links.tsx')).Setup,
  confirmUniversity: async () => (await import('./pages/mailed-links.tsx')).ConfirmUniversity,
  requestUniversity: async () => (await import('./pages/request-university.tsx')).RequestUniversity,
  browse: async () => (await import('./pages/browse.tsx')).Browse,
  newSpace: async () => (await import('./pages/edit-space.tsx')).NewSpace,
  editSpace: async () => (await import('./pages/edit-space.tsx')).EditSpace,
  reports: async () => (await import('./pages/reports.tsx')).Reports,
  inbox: async () => (await import('./pages/inbox.tsx')).Inbox,
  profile: async () => (await import('./pages/profile.tsx')).Profile,
  groups: async () => (await import('./pages/groups.tsx')).Groups,
  group: async () => (await import('./pages/group.tsx')).GroupPage,
  changeLog: async () => (await import('./pages/change-log.tsx')).ChangeLog,
  universityRequests: async () => (await import('./pages/university-requests.tsx')).UniversityRequests,
}
