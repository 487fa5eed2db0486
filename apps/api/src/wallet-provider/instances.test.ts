import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeWalletKey, type TestWalletKey } from '../testing/wallet-key.ts'
import { type ProviderCity, partsOf, startProviderCity } from './testing/provider-city.ts'

let city: ProviderCity
beforeAll(async () => {
  city = await startProviderCity()
})
afterAll(() => city.close())

const newKey = () => makeWalletKey(city.context.clock)
const stands = (key: TestWalletKey) => city.trust.stands(`${city.url}/wallet`, key.jkt)

describe('an instance that an operator revokes', () => {
  it('loses what was attested for it at once, and gets nothing more; others keep theirs', async () => {
    const [instance, other] = [city.makeInstance(), city.makeInstance()]
    const [client, others] = [newKey(), newKey()]
    const { body } = await instance.attest(client)
    await other.attest(others)
    const id = await city.idOf(instance.key)
    expect((await city.operate(`/${id}/revoke`, { reason: '분실 신고' })).status).toBe(204)

    // Its attestation has an hour to live, and a good signature.
    const { header, payload } = partsOf(body.attestation)
    await expect(city.trust.attestationKey(header, payload)).resolves.toBeDefined()
    expect([await stands(client), await stands(others)]).toEqual([false, true])
    for (const refused of [
      await instance.attest(client),
      await instance.attest(),
      await instance.attestKeys([newKey()]),
    ])
      expect([refused.status, refused.body.code, refused.body.reason]).toEqual([
        403,
        'wallet_instance_revoked',
        'revoked',
      ])
    const { items } = await city.audit.list({ limit: 1 })
    expect(items[0]).toMatchObject({
      action: 'wallet-instance.revoke',
      target: id,
      detail: { reason: '분실 신고' },
    })
  })

  it('cannot take its keys to a new one, not even after the year in which others are forgotten', async () => {
    const [instance, client] = [city.makeInstance(), newKey()]
    await instance.attest(client)
    await city.operate(`/${await city.idOf(instance.key)}/revoke`, { reason: 'r' })
    city.advance(366 * 86_400)
    await city.provider.sweep()
    expect((await city.makeInstance().attest(client)).status).toBe(409)
    expect((await instance.attest()).body.code).toBe('wallet_instance_revoked')
    expect(await stands(client)).toBe(false)
  })

  it('is revoked once, by an operator, with a reason', async () => {
    const instance = city.makeInstance()
    await instance.attest()
    const path = `/${await city.idOf(instance.key)}/revoke`
    const { key } = await city.apiKeys.create({ name: 'of', role: 'officer', agencyId: 'residents' })
    const byOfficer = await city.call(`/api/wallet-provider/instances${path}`, { key, json: { reason: 'r' } })
    expect(byOfficer.status).toBe(403)
    expect((await city.operate(path, { reason: ' ' })).status).toBe(400)
    expect((await city.operate(path, { reason: 'r' })).status).toBe(204)
    expect((await city.operate(path, { reason: 'r' })).body.code).toBe('already_revoked')
    expect((await city.operate(`/${crypto.randomUUID()}/revoke`, { reason: 'r' })).status).toBe(404)
  })
})

describe('an instance of a connected wallet', () => {
  it('ends with its account, and stands again when the account comes back to this phone', async () => {
    const [instance, account, client] = [city.makeInstance(), newKey(), newKey()]
    await city.makeAccount(account)
    await instance.attest(client)
    expect((await instance.bind(account)).status).toBe(204)
    expect(await stands(client)).toBe(true)
    await city.setStatus(account, 'closed')
    expect(await stands(client)).toBe(false)
    expect((await instance.attest()).body).toMatchObject({
      code: 'wallet_instance_revoked',
      reason: 'account_closed',
    })
    await city.setStatus(account, 'open')
    expect([await stands(client), (await instance.attest()).status]).toEqual([true, 200])
  })

  it('can be connected before anything else is asked, and to the next account of the same phone', async () => {
    const [instance, first, second] = [city.makeInstance(), newKey(), newKey()]
    await city.makeAccount(first)
    const number = await city.makeAccount(second)
    expect((await instance.bind(first)).status).toBe(204)
    await city.setStatus(first, 'closed')
    expect((await instance.bind(second)).status).toBe(204)
    expect((await instance.attest()).status).toBe(200)
    const { body } = await city.operate(`?account=${number}`)
    expect(body.items).toMatchObject([{ account: number, state: 'active', reason: null, revokedAt: null }])
  })

  it('is not connected by a proof of another purpose or phone, to nobody’s account, or when it was revoked', async () => {
    const [instance, account] = [city.makeInstance(), newKey()]
    expect((await instance.bind(account)).body.code).toBe('wallet_unknown')
    await city.makeAccount(account, 'closed')
    expect((await instance.bind(account)).body.code).toBe('wallet_unknown')
    await city.setStatus(account, 'open')
    for (const proof of [
      city.proofOf(account, 'pass-client-key+jwt', instance.key),
      city.proofOf(account, 'pass-account-key+jwt', newKey()),
    ])
      expect((await instance.post('/instances/account', { proof })).body.code).toBe('bad_signature')
    await instance.attest()
    await city.operate(`/${await city.idOf(instance.key)}/revoke`, { reason: 'r' })
    expect((await instance.bind(account)).body.code).toBe('wallet_instance_revoked')
  })
})

describe('the list of instances', () => {
  it('pages through each once, newest first, by state and by number, for operators alone', async () => {
    const made = []
    for (let i = 0; i < 5; i++) {
      const instance = city.makeInstance()
      await instance.attest()
      made.unshift(await city.idOf(instance.key))
      city.advance(1)
    }
    await city.operate(`/${made[0]}/revoke`, { reason: '도난' })
    const seen: string[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const page: Awaited<ReturnType<typeof city.operate>> = await city.operate(
        `?limit=2&cursor=${cursor}`.replace(/&cursor=$/, ''),
      )
      seen.push(...page.body.items.map(({ id }: { id: string }) => id))
      cursor = page.body.nextCursor
    }
    expect(seen.slice(0, 5)).toEqual(made)
    expect(new Set(seen).size).toBe(seen.length)
    const revoked = await city.operate('?state=revoked&limit=1')
    expect(revoked.body.items).toMatchObject([{ id: made[0], state: 'revoked', reason: '도난' }])
    expect((await city.operate('?account=123')).body.code).toBe('account_number_wrong')
    expect((await city.operate('?cursor=1.x')).status).toBe(400)
    expect((await city.call('/api/wallet-provider/instances')).status).toBe(401)
  })

  it('forgets who was not seen for a year, with the keys', async () => {
    const [gone, kept, client] = [city.makeInstance(), city.makeInstance(), newKey()]
    await gone.attest(client)
    await kept.attest()
    city.advance(200 * 86_400)
    await kept.attest()
    city.advance(200 * 86_400)
    await city.provider.sweep()
    expect([await city.idOf(gone.key), await city.idOf(kept.key)].map((id) => id !== '')).toEqual([
      false,
      true,
    ])
    const rows = await city.db.sql`SELECT 1 FROM "WalletAttestation" WHERE "thumbprint" = ${client.jkt}`
    expect(rows).toEqual([])
  })
})
