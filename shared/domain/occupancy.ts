import { Type, type Static } from 'typebox'
import { accept, refuse, type Decision } from './decision.ts'
import { childrenByParent, type TreeNode } from './space.ts'

/** How full a place is: 0 free, 1 busy, 2 full. */
export const Level = Type.Enum([0, 1, 2])
export type Level = Static<typeof Level>

/** A mean is a whole number of millionths of a level (0 … 2,000,000), so that every machine gets the same sums. [OCC-4] */
export const MILLIONTHS = 1_000_000

/** A tap equal to one younger than this on the same space is merged with it. [SYN-5] [OCC-16] */
export const COLLAPSE_MS = 10_000

/** How long a report may be undone where it was made, at a kiosk and in the portal. [POR-6] */
export const UNDO_MS = 5_000

/** What a report is ordered by: when it was made, then the commit that took it, then the kiosk's own count. [OCC-1] */
export interface ReportOrder {
  /** Hub time of the tap, in ms since 1970. */
  reportedAtMs: number
  /** Clock of the commit that took the report. */
  clock: number
  mutationId: number
  kioskId: number
}

/** A report as the fold sees it. */
export interface Report extends ReportOrder {
  level: Level
}

/** Below zero when `left` is older than `right`. [OCC-1] */
export function compareReports(left: ReportOrder, right: ReportOrder): number {
  return (
    left.reportedAtMs - right.reportedAtMs ||
    left.clock - right.clock ||
    left.mutationId - right.mutationId ||
    left.kioskId - right.kioskId
  )
}

/** The newest of some reports that are not withdrawn; null when there is none: never reported. [OCC-1] [OCC-2] */
export function newestReport<Some extends ReportOrder>(reports: Iterable<Some>): Some | null {
  let newest: Some | null = null
  for (const report of reports) if (newest === null || compareReports(newest, report) < 0) newest = report
  return newest
}

/** Why a report is not taken. The composite's refusal carries its children: report on one of those. */
export type ReportRefusal =
  | { why: 'unknownSpace' }
  | { why: 'spaceDeleted' }
  | { why: 'composite'; children: number[] }
  | { why: 'outsideSubtree' }

/** What must be known of a space to decide a report on it. */
export interface ReportFacts {
  /** Undefined: no such space in this university. */
  space: { isDeleted: boolean; children: number[] } | undefined
  /** Whether the space is the kiosk's own or is below it. */
  isWithinReach: boolean
}

/** Whether a report is taken: the space lives, is a leaf, and is the kiosk's own or below it. [OCC-8] [OCC-9] [OCC-10] [OCC-11] */
export function decideReport(facts: ReportFacts): Decision<null, ReportRefusal> {
  const { space } = facts
  if (space === undefined) return refuse({ why: 'unknownSpace' })
  if (!facts.isWithinReach) return refuse({ why: 'outsideSubtree' })
  if (space.isDeleted) return refuse({ why: 'spaceDeleted' })
  if (space.children.length > 0) return refuse({ why: 'composite', children: space.children })
  return accept(null)
}

/** Why an undo is not taken. */
export type WithdrawRefusal = { why: 'unknownReport' } | { why: 'alreadyWithdrawn' }

/** Whether a report of this kiosk may be withdrawn: it was taken, and is not withdrawn yet. [OCC-2] */
export function decideWithdraw(
  report: { isWithdrawn: boolean } | undefined,
): Decision<null, WithdrawRefusal> {
  if (report === undefined) return refuse({ why: 'unknownReport' })
  if (report.isWithdrawn) return refuse({ why: 'alreadyWithdrawn' })
  return accept(null)
}

/**
 * Hub time of a tap: received − elapsed time within the same boot; after a restart in between (`ageMs` null) the
 * last contact before the tap. Never later than received, never before 1970. [OCC-7]
 */
export function reportedAt(receivedAtMs: number, ageMs: number | null, contactMs: number): number {
  const at = ageMs === null ? contactMs : receivedAtMs - ageMs
  return Math.max(0, Math.min(receivedAtMs, Math.round(at)))
}

/** The level of a mean: below 0.5 free, below 1.5 busy, else full. [OCC-5] */
export function levelOfMean(meanMillionths: number): Level {
  if (meanMillionths < 500_000) return 0
  return meanMillionths < 1_500_000 ? 1 : 2
}

/** Σ weight × mean over Σ weight, in millionths, rounded half up in whole numbers; null when nothing is known. [OCC-4] */
export function meanOfSums(weightedSum: number, weight: number): number | null {
  if (weight === 0) return null
  return Math.floor((2 * weightedSum + weight) / (2 * weight))
}

/** One child as its parent's average sees it. */
export interface WeightedMean {
  /** Mean in millionths; null when never reported (left out). */
  meanMillionths: number | null
  /** Its capacity, or 1 where unknown. */
  weight: number
}

/** A composite's mean over its children. [OCC-3] [OCC-4] */
export function aggregate(means: Iterable<WeightedMean>): number | null {
  let weightedSum = 0
  let weight = 0
  for (const part of means) {
    if (part.meanMillionths === null) continue
    weightedSum += part.weight * part.meanMillionths
    weight += part.weight
  }
  return meanOfSums(weightedSum, weight)
}

/** A space with its newest report, as kiosks hold it. */
export interface OccupancyNode extends TreeNode {
  /** Seats; null when unknown. */
  capacity: number | null
  /** The newest report; null when never reported. A composite's own value is ignored. [OCC-9] */
  level: Level | null
  /** Hub time of that report, in ms since 1970; null when never reported. */
  reportedAtMs: number | null
}

/** What a screen shows of one space. */
export interface ShownOccupancy {
  id: number
  /** Null is neutral: nothing fresh is known. Never taken for free. [OCC-6] */
  level: Level | null
  meanMillionths: number | null
  /** Newest fresh report in it; when nothing is fresh, the newest at all; null when never reported. */
  reportedAtMs: number | null
  /** Open leaves with a fresh report ("7 of 9 known"); a leaf counts itself. */
  knownCount: number
  leafCount: number
  /** Leaves that are closed by their hours: of those nothing else is counted. [SCR-7] */
  closedCount: number
  /** Open leaves that are fresh and free ("3 of 9 free"). */
  freeCount: number
  /** Seats of its leaves, null where none is known. */
  capacity: number | null
  isLeaf: boolean
}

/** Whether a space is open at the moment in question. [HRS-1] */
export type IsOpen = (id: number) => boolean

const allOpen: IsOpen = () => true

/**
 * What is shown of a tree at a moment: only leaves that are open, and fresher than the stale limit, count. Where all are open, the
 * same sum as the database's `shown_tree(university, now, stale)`. Ageing makes no commit: this is asked again as time goes by. [OCC-6]
 */
export function shown(
  nodes: readonly OccupancyNode[],
  nowMs: number,
  staleMs: number,
  isOpen: IsOpen = allOpen,
): Map<number, ShownOccupancy> {
  const children = childrenByParent(nodes)
  const result = new Map<number, ShownOccupancy>()
  for (const node of bottomUp(nodes, children)) {
    const below = (children.get(node.id) ?? []).flatMap((child) => result.get(child.id) ?? [])
    result.set(
      node.id,
      below.length === 0 ? shownLeaf(node, nowMs, staleMs, isOpen(node.id)) : shownComposite(node.id, below),
    )
  }
  return result
}

/**
 * The same for people, who also see spaces that are not on kiosks: such a space counts in no other, and is the top of a
 * tree of its own. [TRE-6]
 */
export function shownToPeople(
  nodes: readonly (OccupancyNode & { isOnKiosks: boolean })[],
  nowMs: number,
  staleMs: number,
  isOpen: IsOpen = allOpen,
): Map<number, ShownOccupancy> {
  return shown(nodes.map(cutFromKiosks), nowMs, staleMs, isOpen)
}

/** A space as the sums for people see it: one that is not on kiosks stands in no other. [TRE-6] */
export function cutFromKiosks<Node extends OccupancyNode & { isOnKiosks: boolean }>(node: Node): Node {
  return node.isOnKiosks ? node : { ...node, parentId: null }
}

/** What is shown of a space without parts at a moment: while it is closed, no level. [OCC-6] [SCR-7] */
export function shownLeaf(
  node: OccupancyNode,
  nowMs: number,
  staleMs: number,
  isOpen: boolean,
): ShownOccupancy {
  const { id, level, reportedAtMs, capacity } = node
  const isFresh = isOpen && level !== null && isFreshAt(reportedAtMs, nowMs, staleMs)
  return {
    id,
    level: isFresh ? level : null,
    meanMillionths: isFresh ? level * MILLIONTHS : null,
    reportedAtMs,
    knownCount: isFresh ? 1 : 0,
    leafCount: 1,
    closedCount: isOpen ? 0 : 1,
    freeCount: isFresh && level === 0 ? 1 : 0,
    capacity,
    isLeaf: true,
  }
}

/** Whether a report counts at a moment: it is younger than the stale limit. The older the report, the sooner it does not. [OCC-6] */
export function isFreshAt(reportedAtMs: number | null, nowMs: number, staleMs: number): boolean {
  return reportedAtMs !== null && nowMs - reportedAtMs < staleMs
}

/** What is shown of a space with parts, from what is shown of those. [OCC-3] [OCC-6] */
export function shownComposite(id: number, below: readonly ShownOccupancy[]): ShownOccupancy {
  const meanMillionths = aggregate(
    below.map((child) => ({ meanMillionths: child.meanMillionths, weight: child.capacity ?? 1 })),
  )
  const fresh = below.filter((child) => child.knownCount > 0)
  const sum = (count: (child: ShownOccupancy) => number): number =>
    below.reduce((total, child) => total + count(child), 0)
  const capacity = sum((child) => child.capacity ?? 0)
  return {
    id,
    level: meanMillionths === null ? null : levelOfMean(meanMillionths),
    meanMillionths,
    reportedAtMs: newestOf((fresh.length > 0 ? fresh : below).map((child) => child.reportedAtMs)),
    knownCount: sum((child) => child.knownCount),
    leafCount: sum((child) => child.leafCount),
    closedCount: sum((child) => child.closedCount),
    freeCount: sum((child) => child.freeCount),
    capacity: capacity === 0 ? null : capacity,
    isLeaf: false,
  }
}

function newestOf(times: readonly (number | null)[]): number | null {
  return times.reduce((newest, at) => (at !== null && (newest === null || at > newest) ? at : newest), null)
}

/** Children before parents; nodes on a cycle (which the database refuses) are left out. */
function bottomUp<Node extends TreeNode>(
  nodes: readonly Node[],
  children: ReadonlyMap<number | null, readonly Node[]>,
): Node[] {
  const order: Node[] = [...(children.get(null) ?? [])]
  for (let index = 0; index < order.length && order.length <= nodes.length; index += 1) {
    const node = order[index]
    if (node !== undefined) order.push(...(children.get(node.id) ?? []))
  }
  return order.toReversed()
}
