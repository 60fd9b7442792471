/**
 * What a rule answers: a value, or a refusal from a closed union. Rules return decisions and never throw; the screen has the
 * sentence for each refusal.
 */
export type Decision<Value, Refusal> = { ok: true; value: Value } | { ok: false; refusal: Refusal }

/** Makes a decision for a value. */
export function accept<Value>(value: Value): { ok: true; value: Value } {
  return { ok: true, value }
}

/** Makes a refusal, with its reason. */
export function refuse<Refusal>(refusal: Refusal): { ok: false; refusal: Refusal } {
  return { ok: false, refusal }
}
