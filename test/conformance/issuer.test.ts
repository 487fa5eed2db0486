import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { startCity, type TestCity } from '../city.ts'
import { attestationTests } from './issuer/attestation.ts'
import { authorizationTests } from './issuer/authorization.ts'
import { deferredTests } from './issuer/deferred.ts'
import { dpopTests } from './issuer/dpop.ts'
import { encryptionTests } from './issuer/encryption.ts'
import { expiryTests } from './issuer/expiry.ts'
import { issuanceTests } from './issuer/issuance.ts'
import { metadataTests } from './issuer/metadata.ts'
import { peopleOf, type Setup } from './issuer/setup.ts'
import { tokenTests } from './issuer/token.ts'
import { createTestProvider, type TestProvider } from './wallet-provider.ts'

// What the certification suite's plan for issuers (HAIP) checks, against one city and a wallet written by hand;
// docs/conformance.md names each module with its test.

let city: TestCity
let provider: TestProvider
let people: string[]

beforeAll(async () => {
  provider = await createTestProvider()
  city = await startCity({
    env: { WALLET_PROVIDERS: provider.file, RATE_LIMIT_FACTOR: '0' },
    nodeArgs: [`--import=${join(import.meta.dirname, 'issuer', 'clock.mjs')}`],
  })
  people = await peopleOf(city)
})
afterAll(async () => {
  await city?.end()
  provider?.remove()
})

const setup = (): Setup => ({ city, provider, people })

metadataTests(setup)
attestationTests(setup)
issuanceTests(setup)
encryptionTests(setup)
deferredTests(setup)
authorizationTests(setup)
tokenTests(setup)
dpopTests(setup)
expiryTests(setup)
