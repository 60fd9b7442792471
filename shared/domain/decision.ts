/**
 * What a rule answers: yes with a value, or no with a refusal from a closed union.
 * Rules return decisions and never throw; the screen owns the words for a refusal.
 */
export type Decision<Value, Refusal> = { ok: true; value: Value } | { ok: false; refusal: Refusal }

/** A yes. */
export function accept<Value>(value: Value): { ok: true; value: Value } {
  return { ok: true, value }
}

/** A no, with its reason. */
export function refuse<Refusal>(refusal: Refusal): { ok: false; refusal: Refusal } {
  return { ok: false, refusal }
}
