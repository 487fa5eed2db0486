import {
  type CryptoPort,
  type PresentedSdJwtVc,
  type TransactionDataClaims,
  transactionDataHashes,
} from '@pass/credentials'

/** What was asked to be confirmed: how it stands in the request, and the queries of which one has to carry it. */
type Asked = { hash: string; credentialIds: string[]; carriers: string[] }

/**
 * Whether each transaction was confirmed with exactly one of the credentials that may confirm it, and none with another
 * (OpenID4VP 1.0 section 5.1, appendix B.3.3.1).
 * @param transactionData as it stands in the request
 * @param holders what each answered query's key-binding JWT says, by query; `undefined` where there is none to believe
 * @returns by query whether what it confirms is what was asked; queries that have nothing to do with it are left out
 */
export function checkTransactionData(
  transactionData: readonly string[],
  holders: ReadonlyMap<string, PresentedSdJwtVc['holder'] | undefined>,
  crypto: Pick<CryptoPort, 'sha256'>,
): Map<string, boolean> {
  const outcomes = new Map<string, boolean>()
  if (transactionData.length === 0) return outcomes
  const hashes = transactionDataHashes(transactionData, crypto)
  const asked = transactionData.map((encoded, i): Asked => {
    const { credential_ids: credentialIds } = contentOf(encoded)
    return { hash: hashes[i] ?? '', credentialIds, carriers: [] }
  })

  for (const [query, holder] of holders) {
    if (holder?.transactionData === undefined) continue
    outcomes.set(query, confirmed(query, holder.transactionData, asked))
  }
  for (const { credentialIds, carriers } of asked) {
    const [carrier, ...more] = carriers
    // Nobody confirmed it: said of the credential that could have.
    if (carrier === undefined)
      outcomes.set(credentialIds.find((id) => holders.has(id)) ?? credentialIds[0] ?? '', false)
    // Two that carry it, or one that names it twice.
    for (const query of more) outcomes.set(query, false)
  }
  return outcomes
}

function confirmed(query: string, { hashes, algorithm }: TransactionDataClaims, asked: Asked[]): boolean {
  if (algorithm !== 'sha-256' || !Array.isArray(hashes) || hashes.length === 0) return false
  return (hashes as unknown[]).every((hash) => {
    const one = asked.find((entry) => entry.hash === hash && entry.credentialIds.includes(query))
    one?.carriers.push(query)
    return one !== undefined
  })
}

/** It was written by us. */
function contentOf(encoded: string): { credential_ids: string[] } {
  return JSON.parse(Buffer.from(encoded, 'base64url').toString('utf8')) as { credential_ids: string[] }
}
