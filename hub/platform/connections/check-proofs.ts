import { verify, type KeyObject } from 'node:crypto'
import { helloStatement, type Hello } from '#shared/wire/messages.ts'
import { hasResumeKeys } from '#shared/wire/version.ts'
import { importDeviceKey } from '../secrets/device-key.ts'
import type { ResumeKeys } from '../secrets/resume-keys.ts'

/** Proofs checked in one turn of the event loop: 65 µs each where they are signatures, 13 ms together. */
const MAX_SLICE_PROOFS = 200

/** A kiosk's university and its public key. */
export class ProofIdentity {
  readonly universityId: number
  readonly publicKey: string
  private imported: KeyObject | null | undefined

  constructor(universityId: number, publicKey: string) {
    this.universityId = universityId
    this.publicKey = publicKey
  }

  /** The key for checking signatures; null when what is stored is none. Imported once, and only when one is to be checked: it costs a third of that. */
  key(): KeyObject | null {
    if (this.imported === undefined) this.imported = importDeviceKey(this.publicKey)
    return this.imported
  }
}

/** Why a proof is not right; `unresumed`: it was to resume, and a signature is asked for instead. */
export type ProofFault = 'unknownKiosk' | 'badProof' | 'unresumed'

/** A hello whose proof is to be checked. */
interface HelloWithProof {
  hello: Hello
  challenge: { nonce: string; host: string }
}

/** The hellos whose proof is right; the others are given to `refuse`. Yields to the event loop between slices, so that thousands of hellos do not keep other messages waiting. [SYN-10] */
export async function checkProofs<One extends HelloWithProof>(
  batch: readonly One[],
  check: (one: One) => ProofFault | null,
  refuse: (one: One, fault: ProofFault) => void,
): Promise<One[]> {
  const proven: One[] = []
  for (const [index, one] of batch.entries()) {
    if (index > 0 && index % MAX_SLICE_PROOFS === 0)
      await new Promise<void>((resolve) => setImmediate(resolve))
    const fault = check(one)
    if (fault === null) proven.push(one)
    else refuse(one, fault)
  }
  return proven
}

/**
 * What is wrong with a proof; null: nothing. Of one that is to resume nothing is said but that it does not, be it another
 * kiosk's, of before, too late, or of nobody known. [SYN-10] [SYN-38] [SYN-39]
 */
export function proofFault(
  { hello, challenge }: HelloWithProof,
  identity: ProofIdentity | undefined,
  resumeKeys: ResumeKeys,
  nowMs: number,
): ProofFault | null {
  const { resumeUntilMs } = hello
  if (resumeUntilMs !== undefined && hasResumeKeys(hello.protocol)) {
    if (identity === undefined) return 'unresumed'
    const isRight = resumeKeys.verify({ ...hello, resumeUntilMs }, identity.publicKey, challenge, nowMs)
    return isRight ? null : 'unresumed'
  }
  if (identity === undefined) return 'unknownKiosk'
  const key = identity.key()
  const { proof, ...rest } = hello
  const statement = Buffer.from(helloStatement(challenge.host, challenge.nonce, rest))
  const isProven = key !== null && verify(null, statement, key, Buffer.from(proof, 'base64url'))
  return isProven ? null : 'badProof'
}
