import type { TestCity } from '../city.ts'
import { send } from './http.ts'
import { type Json, type Key, newKeys } from './jose.ts'
import type { Copy } from './presentation.ts'
import { createWalletClient, type WalletClient } from './wallet-client.ts'
import type { TestProvider } from './wallet-provider.ts'

export const PRE_AUTHORIZED = 'urn:ietf:params:oauth:grant-type:pre-authorized_code'

export const issuerOf = (city: TestCity, agency = city.credentials.sample.agency): string =>
  `${city.url}/issuers/${agency}`

/** An officer's offer, and what its link leads to. */
export async function offer(
  city: TestCity,
  more: object = {},
): Promise<{ id: string; txCode: string; grants: Json; body: Json }> {
  const { status, body } = await city.call('officer', '/api/offers', { ...city.credentials.sample, ...more })
  if (status !== 201) throw new Error(`no offer: ${status} ${JSON.stringify(body)}`)
  const link = new URLSearchParams(body.offerUri.slice(body.offerUri.indexOf('?') + 1))
  const { body: content } = await send(link.get('credential_offer_uri') ?? '')
  return { id: body.id, txCode: body.txCode, grants: content.grants, body: content }
}

/** A token by an officer's offer with its transaction code. */
export async function tokenByOffer(city: TestCity, client: WalletClient): Promise<Json> {
  const { txCode, grants } = await offer(city)
  const { status, body } = await client.token({
    grant_type: PRE_AUTHORIZED,
    'pre-authorized_code': grants[PRE_AUTHORIZED]['pre-authorized_code'],
    tx_code: txCode,
  })
  if (status !== 200) throw new Error(`no token: ${status} ${JSON.stringify(body)}`)
  return body
}

/** Asks for one copy per key, with a nonce of its own. */
export async function requestCredential(
  client: WalletClient,
  accessToken: string,
  { keys, type }: { keys: Key[]; type: string },
): Promise<Copy[]> {
  const proofs = { jwt: client.proofs(keys, await client.nonce()) }
  const answer = await client.credential({ credential_configuration_id: type, proofs }, { accessToken })
  if (answer.status !== 200) throw new Error(`no credential: ${answer.status} ${answer.text}`)
  return keys.map((key, i) => ({ key, credential: answer.body.credentials[i].credential }))
}

/** Copies of the sample resident's card, the short way. */
export async function receiveCopies(city: TestCity, provider: TestProvider, count: number): Promise<Copy[]> {
  const client = await createWalletClient(issuerOf(city), provider)
  const { access_token: accessToken } = await tokenByOffer(city, client)
  const keys = await newKeys(count)
  return requestCredential(client, accessToken, { keys, type: city.credentials.sample.type })
}
