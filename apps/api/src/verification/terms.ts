import { CredentialError, type DcqlQuery, encodeTransactionData } from '@pass/credentials'
import type { Context } from '../context.ts'
import { Problem } from '../http/problem.ts'
import type { CreateVerification } from './schema.ts'
import type { Terms } from './store.ts'
import type { VerifierIdentity } from './verifier-identity.ts'

/**
 * How a request reaches the wallet and how its answer comes back, as far as the verifier may choose.
 * The result throws Problem `bad_request` for what cannot be, `forbidden` for origins that are not the verifier's.
 */
export function createTermsReader({ city, config }: Pick<Context, 'city' | 'config'>) {
  const ownOrigin = new URL(config.publicUrl).origin
  const registered = new Map(city.verifiers.map(({ id, origins = [] }) => [id, origins]))

  return (
    verifierId: string,
    body: CreateVerification,
    dcql: DcqlQuery,
    identity: VerifierIdentity,
  ): Terms => {
    const { channel = 'redirect', origins = [], redirectUri = null, clientIdPrefix = 'x509_hash' } = body
    for (const origin of redirectUri === null ? origins : [originOf(redirectUri)])
      if (origin !== ownOrigin && registered.get(verifierId)?.includes(origin) !== true)
        throw new Problem('forbidden', `The origin ${origin} is not registered for this verifier.`)
    if (clientIdPrefix !== 'x509_hash') {
      // HAIP 1.0 section 5: signed requests name the verifier by the hash of its certificate.
      if (config.assurance === 'high')
        throw new Problem('bad_request', 'Here requests are made with x509_hash (HAIP 1.0 section 5).')
      if (identity.clientIds[clientIdPrefix] === undefined)
        throw new Problem(
          'bad_request',
          `The certificate of this verifier has no name for ${clientIdPrefix}.`,
        )
    }
    return { channel, origins, redirectUri, clientIdPrefix, transactionData: transactionsIn(body, dcql) }
  }

  function transactionsIn(
    { transactionData = [] }: CreateVerification,
    { credentials }: DcqlQuery,
  ): string[] {
    const queries = credentials.map(({ id }) => id)
    try {
      return transactionData.map((content) => encodeTransactionData(content, city.transactionTypes, queries))
    } catch (error) {
      if (error instanceof CredentialError) throw new Problem('bad_request', error.message)
      throw error
    }
  }
}

/** The response code goes into the fragment, which no server is sent and no log has (section 8.2). */
function originOf(redirectUri: string): string {
  const { origin, hash, username } = new URL(redirectUri)
  if (hash !== '' || redirectUri.includes('#') || username !== '' || origin === 'null')
    throw new Problem('bad_request', 'The redirectUri is a web address without a fragment.')
  return origin
}

export const withResponseCode = (redirectUri: string, code: string): string =>
  `${redirectUri}#response_code=${code}`
