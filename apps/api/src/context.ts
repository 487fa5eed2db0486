import type { CityAgent } from '@pass/agent'
import type { CityChain } from '@pass/chain'
import type { Database } from '@pass/database'
import type { Logger } from 'pino'
import type { City } from './city.ts'
import type { Config } from './config.ts'

/** What every capability is made from. Time, randomness and the network are here so that a test can set them. */
export type Context = {
  config: Config
  /** The city's own data: agencies, verifiers, credential types, templates, districts. */
  city: City
  db: Database
  agent: CityAgent
  chain: CityChain
  log: Logger
  clock: () => Date
  /** Cryptographically random bytes. */
  random: (length: number) => Uint8Array
  fetch: typeof fetch
}
