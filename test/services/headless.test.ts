import { startPostgres } from '@pass/database/testing'
import type { Holder } from '@pass/holder'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startCity, type TestCity } from '../city.ts'
import { offerSample, openHeadlessHolder, presentTo, untilAnchored } from '../headless.ts'

describe.each(['PGlite', 'PostgreSQL'] as const)('a headless holder through every flow (%s)', (database) => {
  let city: TestCity
  let holder: Holder
  let credentialId: string
  let stopPostgres = async () => {}

  beforeAll(async () => {
    const env: Record<string, string> = {}
    if (database === 'PostgreSQL') {
      const server = await startPostgres()
      stopPostgres = server.stop
      env['DATABASE_URL'] = server.url
    }
    city = await startCity({ env })
    holder = openHeadlessHolder(city)
  })
  afterAll(async () => {
    await city?.end()
    await stopPostgres()
  })

  const payloadOf = (credential: string): Record<string, unknown> =>
    JSON.parse(Buffer.from(credential.split('.')[1] ?? '', 'base64url').toString())

  const codes = (result: { checks: { check: string; result: string }[] }) =>
    Object.fromEntries(result.checks.map(({ check, result }) => [check, result]))

  it('receives ten copies, each bound to a key of its own, each with a receipt', async () => {
    const { id, offerUri, txCode } = await offerSample(city)
    credentialId = id
    const offer = await holder.readOffer(offerUri)
    await expect(
      holder.receive(offer, { txCode: txCode === '111111' ? '222222' : '111111' }),
    ).rejects.toMatchObject({
      code: 'tx_code_wrong',
      shared: false,
    })
    const {
      credentials: [card],
    } = await holder.receive(offer, { txCode })
    expect(card?.copies).toHaveLength(10)
    expect(new Set(card?.copies.map(({ keyId }) => keyId)).size).toBe(10)
    await untilAnchored(city, holder)
  })

  it('gives no two copies anything in common by which verifiers who compare notes could tell them', async () => {
    const [card] = await holder.list()
    // Their times differ as well, except that cities under test anchor more often than once a second.
    for (const member of ['root', 'sequence', 'block'] as const)
      expect(new Set(card?.copies.map(({ receipt }) => receipt?.[member])).size, member).toBe(10)
    const payloads = card?.copies.map(({ credential }) => payloadOf(credential)) ?? []
    const [first = {}] = payloads
    const shared = Object.keys(first).filter((name) =>
      payloads.every((payload) => JSON.stringify(payload[name]) === JSON.stringify(first[name])),
    )
    // What every card of this type from this office on this day says; in the first hour of a key without the time.
    expect(shared.filter((name) => name !== 'iat').sort()).toEqual(['_sd_alg', 'exp', 'iss', 'vct'])
  })

  it('proves each template, discloses nothing beyond it, and passes every check', async () => {
    for (const [ask, claims] of [
      [{ template: 'age-19' }, { age_equal_or_over: { '19': true } }],
      [
        { template: 'resident-of-district', params: { district: '28185' } },
        { district_code: '28185', district_name: '연수구' },
      ],
    ] as const) {
      const { result } = await presentTo(city, holder, ask)
      expect(result.state).toBe('accepted')
      expect(Object.values(result.claims)).toEqual([claims])
      expect(codes(result)).toEqual({
        signature: 'passed',
        certificate: 'passed',
        issuer_accredited: 'passed',
        holder_binding: 'passed',
        validity: 'passed',
        status: 'passed',
        anchor: 'passed',
        disclosures: 'passed',
      })
    }
    const { result } = await presentTo(city, holder, { template: 'identity' })
    expect(Object.keys(Object.values(result.claims)[0] as object).sort()).toContain('birth_date')
  })

  it('drops the disclosed values as soon as the verifier has read them', async () => {
    const { body } = await city.call('verifier', '/api/verifications', { template: 'age-19' })
    await holder.present(await holder.readRequest(body.requestUri))
    const first = (await city.call('verifier', `/api/verifications/${body.id}`)).body
    const second = (await city.call('verifier', `/api/verifications/${body.id}`)).body
    expect(first.claims).not.toBeNull()
    expect(second).toMatchObject({ claims: null, claimsDropped: true, state: 'accepted' })
  })

  it('has nothing to show for another district, and says why', async () => {
    const { request } = await presentTo(city, holder, {
      template: 'resident-of-district',
      params: { district: '28177' },
    })
    expect(request.satisfiable).toBe(false)
    expect(request.queries[0]?.missing?.reason).toBe('value_differs')
  })

  it('warns when more is asked than a registered purpose needs: free DCQL has none', async () => {
    const [card] = await holder.list()
    const dcql = {
      credentials: [
        {
          id: 'card',
          format: 'dc+sd-jwt',
          meta: { vct_values: [card?.vct] },
          claims: [{ path: ['birth_date'] }],
        },
      ],
    }
    const { request, result } = await presentTo(city, holder, { dcql })
    expect(request.registered).toBe(false)
    expect(result.state).toBe('accepted')
  })

  it('fetches fresh copies before they run out, so that none is shown twice', async () => {
    const copies = async () => (await holder.list())[0]?.copies ?? []
    const unused = async () => (await copies()).filter(({ used }) => used === 0).length
    while ((await unused()) >= 4)
      expect((await presentTo(city, holder, { template: 'age-19' })).result.state).toBe('accepted')
    const before = new Set((await copies()).map(({ hash }) => hash))
    expect(await holder.refreshCopies()).toBe(1)
    expect((await copies()).filter(({ hash }) => !before.has(hash))).toHaveLength(10)
    expect((await copies()).every(({ used }) => used === 0)).toBe(true)
    await untilAnchored(city, holder)
    expect((await presentTo(city, holder, { template: 'age-19' })).result.state).toBe('accepted')
  })

  it('is refused with the reason while suspended, accepted when reinstated, refused when revoked', async () => {
    const act = (verb: string) =>
      city.call('officer', `/api/credentials/${credentialId}/${verb}`, { reason: 'test' })
    expect((await act('suspend')).status).toBe(200)
    const suspended = await presentTo(city, holder, { template: 'age-19' })
    expect(suspended.outcome).toMatchObject({ outcome: 'refused', code: 'credential_suspended' })
    expect(suspended.result).toMatchObject({
      state: 'refused',
      refusal: 'credential_suspended',
      claims: null,
    })
    expect((await act('reinstate')).status).toBe(200)
    expect((await presentTo(city, holder, { template: 'age-19' })).result.state).toBe('accepted')
    expect((await act('revoke')).status).toBe(200)
    const revoked = await presentTo(city, holder, { template: 'age-19' })
    expect(revoked.outcome).toMatchObject({ outcome: 'refused', code: 'credential_revoked' })
    expect((await act('reinstate')).status).toBe(409)
  })

  it('receives it also through a browser that sends a request twice when its connection is cut', async () => {
    const twice = new Set(['/token', '/credential'])
    const resending: typeof fetch = async (input, init) => {
      const request = new Request(input, init)
      const path = [...twice].find((end) => new URL(request.url).pathname.endsWith(end))
      if (path === undefined) return fetch(request)
      twice.delete(path)
      await fetch(request.clone())
      return fetch(request)
    }
    const hasty = openHeadlessHolder(city, resending)
    const { id, offerUri, txCode } = await offerSample(city)
    const {
      credentials: [card],
    } = await hasty.receive(await hasty.readOffer(offerUri), { txCode })
    expect(twice.size).toBe(0)
    expect(card?.copies).toHaveLength(10)
    const { body } = await city.call('officer', `/api/credentials?query=${id}`)
    expect(body.items).toMatchObject([{ id, copies: 10 }])
  })

  it('a key rotated afterwards leaves older credentials valid; the new key signs the next', async () => {
    const before = openHeadlessHolder(city)
    const old = await offerSample(city)
    await before.receive(await before.readOffer(old.offerUri), { txCode: old.txCode })
    await untilAnchored(city, before)
    const { agency } = city.credentials.sample
    expect((await city.call('operator', `/api/agencies/${agency}/rotate-key`, {})).status).toBe(200)
    expect((await presentTo(city, before, { template: 'age-19' })).result.state).toBe('accepted')
    const after = openHeadlessHolder(city)
    const next = await offerSample(city)
    await after.receive(await after.readOffer(next.offerUri), { txCode: next.txCode })
    expect((await presentTo(city, after, { template: 'age-19' })).result.state).toBe('accepted')
  })
})
