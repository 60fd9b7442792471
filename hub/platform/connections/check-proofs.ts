import { verify, type KeyObject } from 'node:crypto'
import { helloStatement, type Hello, type ConnectionErrorCode } from '#shared/wire/messages.ts'

/** Proofs checked in one turn of the event loop: 65 µs each, 13 ms together. */
const MAX_SLICE_PROOFS = 200

/** A kiosk's university and its public key; the key is null when what is stored is none. */
export interface ProofIdentity {
  universityId: number
  key: KeyObject | null
}

/** A hello whose proof is to be checked. */
interface HelloWithProof {
  hello: Hello
  challenge: { nonce: string; host: string }
  resolve(result: { verdict: 'refused'; code: ConnectionErrorCode }): void
}

/** The hellos whose proof is right; the others are resolved as refused. Yields to the event loop between slices, so that thousands of hellos do not keep other messages waiting. [SYN-10] */
export async function checkProofs<One extends HelloWithProof>(
  batch: readonly One[],
  identities: ReadonlyMap<number, ProofIdentity>,
): Promise<One[]> {
  const proven: One[] = []
  for (let start = 0; start < batch.length; start += MAX_SLICE_PROOFS) {
    if (start > 0) await new Promise<void>((resolve) => setImmediate(resolve))
    const slice = batch.slice(start, start + MAX_SLICE_PROOFS)
    proven.push(...slice.filter((one) => checkProof(one, identities.get(one.hello.kioskId))))
  }
  return proven
}

/** A wrong proof and an unknown kiosk end the connection with nothing but the code. [SYN-10] */
function checkProof(
  { hello, challenge, resolve }: HelloWithProof,
  identity: ProofIdentity | undefined,
): boolean {
  if (identity === undefined) {
    resolve({ verdict: 'refused', code: 'unknownKiosk' })
    return false
  }
  const { proof, ...rest } = hello
  const statement = Buffer.from(helloStatement(challenge.host, challenge.nonce, rest))
  const isProven =
    identity.key !== null && verify(null, statement, identity.key, Buffer.from(proof, 'base64url'))
  if (!isProven) resolve({ verdict: 'refused', code: 'badProof' })
  return isProven
}
