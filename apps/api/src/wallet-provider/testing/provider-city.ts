import { createCityAgent } from '@pass/agent'
import type { CityChain } from '@pass/chain'
import type { PublicJwk } from '@pass/credentials'
import { JsonRpcProvider } from 'ethers'
import { CITY, startTestApi } from '../../testing/api.ts'
import { makeWalletKey, type TestWalletKey } from '../../testing/wallet-key.ts'
import { createWalletTrust } from '../../wallet-trust/service.ts'
import type { ForeignProvider } from '../../wallet-trust/testing/foreign-provider.ts'
import type { WalletTrust } from '../../wallet-trust/types.ts'
import { newAccountNumber } from '../../wallets/number.ts'
import { walletProviderRoutes } from '../routes.ts'
import { createWalletProvider, type OwnWalletProvider } from '../service.ts'

export type ProviderCity = Awaited<ReturnType<typeof startProviderCity>>

const CHAIN_ID = 8282
/** An agent opens without a chain, and nothing here needs one. */
const NO_CHAIN: unknown = {
  chainId: CHAIN_ID,
  manifest: { chainId: CHAIN_ID, contracts: { didRegistry: '0x0000000000000000000000000000000000000001' } },
  provider: new JsonRpcProvider('http://127.0.0.1:1', CHAIN_ID, { staticNetwork: true }),
}

/** The wallet provider over real HTTP with real keys and certificates, and the trust that others put in it. */
export async function startProviderCity(
  options: { trusted?: ForeignProvider[]; rateLimitFactor?: number } = {},
) {
  const { trusted = [], rateLimitFactor = 0 } = options
  let trust = undefined as unknown as WalletTrust
  let provider = undefined as unknown as OwnWalletProvider
  const api = await startTestApi({
    config: { rateLimitFactor },
    context: async ({ db, config, clock }) => ({
      city: { ...CITY, walletProviders: trusted.map(({ entry }) => entry) },
      agent: await createCityAgent({
        db,
        masterKey: new Uint8Array(32).fill(5),
        chain: NO_CHAIN as CityChain,
        city: { name: CITY.name, url: config.publicUrl },
        clock,
      }),
    }),
    routes: ({ context, audit }) => {
      trust = createWalletTrust(context)
      provider = createWalletProvider(context, { audit })
      return walletProviderRoutes(provider)
    },
  })
  const { key: operator } = await api.apiKeys.create({ name: 'op', role: 'operator' })

  /** One installation of the wallet: the key it is known by, and what it asks. */
  function makeInstance() {
    const key = makeWalletKey(api.context.clock)
    const post = (path: string, json: unknown) => key.call(api.url, `/api/wallet-provider${path}`, { json })
    return {
      key,
      post,
      attest: (client: TestWalletKey = makeWalletKey(api.context.clock)) =>
        post('/attestations', { proof: proofOf(client, 'pass-client-key+jwt', key) }),
      attestKeys: (keys: TestWalletKey[], nonce?: string) =>
        post('/key-attestations', {
          proofs: keys.map((holder) => proofOf(holder, 'pass-holder-key+jwt', key)),
          nonce,
        }),
      bind: (account: TestWalletKey) =>
        post('/instances/account', { proof: proofOf(account, 'pass-account-key+jwt', key) }),
    }
  }

  /** What a key signs to be attested for an instance; the changes make it wrong. */
  function proofOf(
    of: TestWalletKey,
    typ: string,
    instance: { jkt: string },
    changes: { header?: Record<string, unknown>; payload?: Record<string, unknown> } = {},
  ): string {
    const iat = Math.floor(api.context.clock().getTime() / 1000)
    return of.jws(
      { typ, ...changes.header },
      { aud: `${api.url}/wallet-provider`, iat, jkt: instance.jkt, ...changes.payload },
    )
  }

  const operate = (path: string, json?: unknown) =>
    api.call(`/api/wallet-provider/instances${path}`, {
      key: operator,
      ...(json === undefined ? {} : { json }),
    })

  return {
    ...api,
    idOf: async ({ jkt }: TestWalletKey): Promise<string> => {
      const [row] = await api.db.sql<{ id: string }>`
        SELECT "id" FROM "WalletInstance" WHERE "thumbprint" = ${jkt}`
      return row?.id ?? ''
    },
    /** An account as connecting would make it; answers its number. */
    makeAccount: async (key: TestWalletKey, status = 'open'): Promise<string> => {
      const number = newAccountNumber(api.context.random)
      await api.db.sql`
        INSERT INTO "WalletAccount" ("id", "number", "subjectId", "address", "publicJwk", "jkt", "status", "createdAt")
        VALUES (gen_random_uuid(), ${number}, gen_random_uuid(), ${key.address},
          ${JSON.stringify(key.publicJwk)}::jsonb, ${key.jkt}, ${status}, ${api.context.clock()})`
      return number
    },
    setStatus: ({ jkt }: TestWalletKey, status: string) =>
      api.db.sql`UPDATE "WalletAccount" SET "status" = ${status} WHERE "jkt" = ${jkt}`,
    trust,
    provider,
    makeInstance,
    proofOf,
    operate,
  }
}

/** The parts of a compact JWS. */
export function partsOf(jws: string) {
  const [header = '', payload = ''] = jws.split('.')
  const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString())
  return { header: read(header), payload: read(payload) } as {
    header: { typ: string; alg: string; x5c: string[] }
    payload: Record<string, unknown> & { sub?: unknown; cnf?: { jwk: PublicJwk } }
  }
}
