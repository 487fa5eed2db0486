import type { AttestPort, ClientAttestation, HeldKey, KeyPort } from '@pass/holder'
import { dpopProof, keyProof } from '@pass/holder/wallet-key'
import { calculateJwkThumbprint } from 'jose'

const SPARE_MS = 5 * 60_000

/** The wallet of a test, attested by the city's own wallet provider as the real one is. */
export function attestAt(
  url: string,
  keys: KeyPort,
  { clock = () => new Date(), request = fetch }: { clock?: () => Date; request?: typeof fetch } = {},
): AttestPort {
  let instance: Promise<HeldKey> | undefined
  const clients = new Map<string, ClientAttestation & { until: number }>()
  const signer = (key: HeldKey) => ({ keys, key, now: clock().getTime() })
  const own = () => {
    instance ??= keys.generate()
    return instance
  }
  const proofOf = async (typ: string, key: HeldKey) =>
    keyProof(signer(key), {
      typ,
      aud: `${url}/wallet-provider`,
      jkt: await calculateJwkThumbprint((await own()).publicJwk),
    })
  const post = async (path: string, body: object) => {
    const address = `${url}${path}`
    const dpop = await dpopProof(signer(await own()), { method: 'POST', url: address })
    const response = await request(address, {
      method: 'POST',
      headers: { dpop, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    const answer = await response.json()
    if (!response.ok) throw Object.assign(new Error(JSON.stringify(answer)), { code: answer.code })
    return answer
  }
  const vouched = async (key: HeldKey): Promise<ClientAttestation & { until: number }> => {
    const proof = await proofOf('pass-client-key+jwt', key)
    const { attestation, clientId, expiresAt } = await post('/api/wallet-provider/attestations', { proof })
    return { attestation, clientId, key, until: Date.parse(expiresAt) - SPARE_MS }
  }
  return {
    client: async (server) => {
      const known = clients.get(server)
      if (known && known.until > clock().getTime()) return known
      const made = await vouched(known?.key ?? (await keys.generate()))
      clients.set(server, made)
      return made
    },
    keys: async (held, nonce) => {
      const proofs = await Promise.all(held.map((key) => proofOf('pass-holder-key+jwt', key)))
      const { keyAttestation } = await post('/api/wallet-provider/key-attestations', { proofs, nonce })
      return keyAttestation
    },
  }
}
