import type { TestCity } from '../../city.ts'
import type { Json } from '../jose.ts'
import { issuerOf } from '../receive.ts'
import { type ClientOptions, createWalletClient, type WalletClient } from '../wallet-client.ts'
import type { TestProvider } from '../wallet-provider.ts'

/** What the modules of issuer.test.ts share; there once its city has started. */
export type Setup = {
  city: TestCity
  provider: TestProvider
  /** Register numbers of grown-up sample people: one has only so many cards a day. */
  people: string[]
}

/** The credential that is issued in them. */
export const typeOf = ({ city }: Setup): string => city.credentials.sample.type

let wallets = 0

/** A new wallet, of the next person. */
export function newWallet({ city, provider, people }: Setup, options?: ClientOptions): Promise<WalletClient> {
  const person = people[wallets++ % people.length] ?? ''
  return createWalletClient(issuerOf(city), provider, { person, ...options })
}

/** Who can sign in at the sample provider. */
export async function peopleOf(city: TestCity): Promise<string[]> {
  const { body } = await city.call('officer', '/api/register/residents?limit=100')
  return body.items
    .filter(({ birthDate }: Json) => birthDate < '2000')
    .map(({ registerNo }: Json) => registerNo)
}
