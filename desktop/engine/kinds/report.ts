import { ReportBody } from '#shared/domain/mutation.ts'
import { COLLAPSE_MS, type Level } from '#shared/domain/occupancy.ts'
import { SPACES, type ReportedLevel } from '../collections/spaces.ts'
import type { Kind } from './kind.ts'
import { spaceLine } from './space-fold.ts'

/** "This space is free / busy / full." Undoing it shows again what the space showed before. [OCC-1] [OCC-2] */
export const reportKind: Kind<ReportBody, ReportedLevel> & { kind: 'report' } = {
  kind: 'report',
  schema: ReportBody,
  collection: SPACES,
  rowIds: ({ spaceId }) => [spaceId],
  foldOf: ({ spaceId }) => spaceLine(spaceId),
  // After a restart of the device its age is unknown, and what the hub refused says nothing.
  isMergedInto: (newest, body, { boot, elapsedMs }) =>
    newest.kind === 'report' &&
    newest.refusal === null &&
    newest.boot === boot &&
    elapsedMs - newest.elapsedMs < COLLAPSE_MS &&
    (JSON.parse(newest.body) as ReportBody).level === body.level,
  columns: {
    write: ({ spaceId, level }, before) => ({
      spaceId,
      level,
      beforeLevel: before?.level ?? null,
      beforeAtMs: before?.reportedAtMs ?? null,
    }),
    readBefore: ({ beforeLevel, beforeAtMs }) => ({
      level: beforeLevel as Level | null,
      reportedAtMs: beforeAtMs,
    }),
  },
}
