import { ROOM_101, STAFF, stateOf, student } from './portal-fixtures.ts'
import type { PortalPicture } from './portal-answers.ts'

/** Everything that acts at once, while the hub says nothing. [POR-12] */
export const WAITING: Record<string, PortalPicture> = {
  staff: {
    path: `/spaces/${ROOM_101}`,
    state: stateOf(STAFF),
    answers: {
      'PUT /spaces/:id/tracked': 'waiting',
      'DELETE /spaces/:id/tracked': 'waiting',
      'PUT /spaces/:id/on-kiosks': 'waiting',
      'PUT /spaces/:id/level': 'waiting',
      'PUT /kiosks/:id/silenced': 'waiting',
    },
    steps: [
      { press: 'button.p-star' },
      { press: '.p-staff-row button' },
      { press: '.p-detail .p-chip' },
      { press: '.p-lines button' },
    ],
  },
  reports: {
    path: '/reports',
    state: stateOf(student()),
    answers: { 'POST /reports/:id/withdraw': 'waiting' },
    steps: [{ press: '.p-lines button' }],
  },
  profile: {
    path: '/profile',
    state: stateOf(student()),
    answers: {
      'DELETE /auth/sessions/:id': 'waiting',
      'DELETE /auth/sessions': 'waiting',
      'POST /auth/logout': 'waiting',
    },
    steps: [
      { press: '.p-lines button' },
      { press: '.p-lines + button' },
      { press: '.p-page > .p-actions button' },
    ],
  },
}
