import 'fake-indexeddb/auto'
import { calculateJwkThumbprint, compactVerify, decodeProtectedHeader, importJWK, type JWK } from 'jose'
import { afterEach, describe, expect, it } from 'vitest'
import { type City, connected, createPhone, ORIGIN, type Phone } from '../account/testing/phone.ts'
import { bindInstance, createAttest } from './attest.ts'

const phones: Phone[] = []
afterEach(() => {
  for (const phone of phones.splice(0)) phone.close()
})
function phoneBefore(city: City): Phone {
  const phone = createPhone(crypto.randomUUID(), city)
  phones.push(phone)
  return phone
}

const SERVER = 'https://city.example/oauth'
const HOUR_MS = 3_600_000

/** A provider that vouches for an hour, and counts what it gave out. */
function provider(): { city: City; phone: () => Phone } {
  let given = 0
  let phone: Phone
  const city: City = ({ path }) => {
    if (path.endsWith('/key-attestations')) return { body: { keyAttestation: 'keys' } }
    if (path.endsWith('/instances/account')) return { status: 204 }
    return {
      body: {
        attestation: `attestation-${++given}`,
        clientId: `${ORIGIN}/wallet`,
        expiresAt: new Date(phone.now() + HOUR_MS).toISOString(),
      },
    }
  }
  return { city, phone: () => (phone = phoneBefore(city)) }
}

/** Verifies a statement by the key in it, with another library. */
async function read(jws: unknown) {
  const header = decodeProtectedHeader(String(jws)) as { typ: string; jwk: JWK }
  const { payload } = await compactVerify(String(jws), await importJWK(header.jwk, 'ES256'))
  return { ...header, claims: JSON.parse(new TextDecoder().decode(payload)) as Record<string, unknown> }
}

describe('what vouches for this wallet', () => {
  it('is asked for once an hour, over reloads, by one key of this copy of the wallet', async () => {
    const phone = provider().phone()
    const first = await createAttest(await phone.tab()).client(SERVER)
    const again = await createAttest(await phone.tab()).client(SERVER)
    expect(again).toEqual(first)
    expect(phone.requests.length).toBe(1)
    phone.wait(HOUR_MS - 60_000)
    const later = await createAttest(await phone.tab()).client(SERVER)
    expect(later).toMatchObject({ attestation: 'attestation-2', key: first?.key })
    const [one, two] = await Promise.all(phone.requests.map(({ dpop }) => read(dpop)))
    expect(one?.jwk).toEqual(two?.jwk)
  })

  it('shows each server another key, and proves that it has it', async () => {
    const phone = provider().phone()
    const attest = createAttest(await phone.tab())
    const [here, there] = [await attest.client(SERVER), await attest.client('https://other.example')]
    expect(here?.key.publicJwk).not.toEqual(there?.key.publicJwk)
    const [request] = phone.requests
    const instance = (await read(request?.dpop)).jwk
    const proof = await read(request?.body['proof'])
    expect(proof).toMatchObject({
      typ: 'pass-client-key+jwt',
      jwk: here?.key.publicJwk,
      claims: { aud: `${ORIGIN}/wallet-provider`, jkt: await calculateJwkThumbprint(instance) },
    })
    expect(JSON.stringify(proof.claims)).not.toContain('oauth')
  })

  it('says that the city has blocked it, and keeps nothing of the try', async () => {
    const phone = phoneBefore(() => ({ status: 403, body: { code: 'wallet_instance_revoked' } }))
    const ports = await phone.tab()
    await expect(createAttest(ports).client(SERVER)).rejects.toMatchObject({
      code: 'wallet_instance_revoked',
    })
    expect((await ports.store.get('instance', 'mine'))?.clients).toEqual({})
  })

  it('covers all keys of a card with one statement', async () => {
    const phone = provider().phone()
    const ports = await phone.tab()
    const keys = [await ports.keys.generate(), await ports.keys.generate()]
    expect(await createAttest(ports).keys(keys, 'nonce')).toBe('keys')
    const body = phone.requests[0]?.body as { proofs: string[]; nonce: string }
    expect(body.nonce).toBe('nonce')
    const proofs = await Promise.all(body.proofs.map(read))
    expect(proofs.map(({ typ, jwk }) => ({ typ, jwk }))).toEqual(
      keys.map(({ publicJwk }) => ({ typ: 'pass-holder-key+jwt', jwk: publicJwk })),
    )
  })

  it('agrees on one key in two tabs that begin at once', async () => {
    const phone = provider().phone()
    const tabs = await Promise.all([phone.tab(), phone.tab()])
    await Promise.all(tabs.map((ports) => createAttest(ports).client(SERVER)))
    const jwks = await Promise.all(phone.requests.map(async ({ dpop }) => (await read(dpop)).jwk))
    expect(new Set(jwks.map((jwk) => JSON.stringify(jwk))).size).toBe(1)
  })
})

describe('the account of this wallet', () => {
  it('is told to the provider once, when there is a key of each', async () => {
    const phone = provider().phone()
    const ports = await connected(phone)
    await bindInstance(ports)
    expect(phone.requests).toEqual([])
    await createAttest(ports).client(SERVER)
    await bindInstance(ports)
    await bindInstance(ports)
    const told = phone.requests.filter(({ path }) => path.endsWith('/instances/account'))
    expect(told.length).toBe(1)
    const account = await ports.store.get('account', 'mine')
    expect(await read(told[0]?.body['proof'])).toMatchObject({
      typ: 'pass-account-key+jwt',
      jwk: account?.key.publicJwk,
    })
  })
})
