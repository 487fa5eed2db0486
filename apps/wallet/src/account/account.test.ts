import 'fake-indexeddb/auto'
import { holderAddress, objectionMessage } from '@pass/chain/authorisations'
import { compactVerify, decodeProtectedHeader, importJWK, type JWK } from 'jose'
import { afterEach, describe, expect, it } from 'vitest'
import { connect, object, readAccount, refreshAccount, startConnecting } from './account.ts'
import { type City, connected, createPhone, DOMAIN, ORIGIN, type Phone } from './testing/phone.ts'
import { walletFetch } from './wallet-fetch.ts'

const phones: Phone[] = []
afterEach(() => {
  for (const phone of phones.splice(0)) phone.close()
})
function phoneBefore(city: City): Phone {
  const phone = createPhone(crypto.randomUUID(), city)
  phones.push(phone)
  return phone
}

/** Verifies a proof with another library, by the key in it. */
async function proofOf(dpop: string | undefined) {
  const { jwk, typ } = decodeProtectedHeader(dpop ?? '') as { jwk: JWK; typ: string }
  const { payload } = await compactVerify(dpop ?? '', await importJWK(jwk, 'ES256'))
  return { jwk, typ, claims: JSON.parse(new TextDecoder().decode(payload)) as Record<string, unknown> }
}

describe('a request of this wallet', () => {
  it('proves the key, for this method and address and once, with nothing else of the wallet in it', async () => {
    const phone = phoneBefore(() => ({ body: {} }))
    const ports = await connected(phone)
    const { key } = (await readAccount(ports))!
    await walletFetch(ports, '/api/wallet/points/history?cursor=secret', { key })
    await walletFetch(ports, '/api/wallet/points/history?cursor=secret', { key })
    const [one, two] = await Promise.all(phone.requests.map(({ dpop }) => proofOf(dpop)))
    expect(one?.typ).toBe('dpop+jwt')
    expect(one?.jwk).toEqual(key.publicJwk)
    expect(one?.claims).toEqual({
      htm: 'GET',
      htu: `${ORIGIN}/api/wallet/points/history`,
      iat: Math.floor(phone.now() / 1000),
      jti: expect.any(String),
    })
    expect(two?.claims['jti']).not.toBe(one?.claims['jti'])
  })

  it('is signed anew with the city’s time when the clock of the phone is wrong, and keeps that', async () => {
    const cityNow = Date.parse('2026-11-21T12:00:00Z')
    const phone = phoneBefore(({ dpop }) => {
      const iat = JSON.parse(atob((dpop ?? '').split('.')[1] ?? '')).iat as number
      return Math.abs(iat * 1000 - cityNow) < 300_000
        ? { body: { spendable: '1' } }
        : { status: 401, body: { code: 'device_clock_wrong', serverTime: new Date(cityNow).toISOString() } }
    })
    const ports = await connected(phone)
    const { key } = (await readAccount(ports))!
    expect(await walletFetch(ports, '/api/wallet/points', { key })).toEqual({ spendable: '1' })
    expect(phone.requests.length).toBe(2)
    const afterReload = await phone.tab()
    await walletFetch(afterReload, '/api/wallet/points', { key })
    expect(phone.requests.length).toBe(3)
  })

  it('tells an answer that was no from one that never came', async () => {
    const answers: Record<string, Awaited<ReturnType<City>>> = {
      '/refused': { status: 409, body: { code: 'points_too_few', spendable: '3' } },
      '/lost': 'lost',
      '/busy': { status: 503, body: { code: 'database_unavailable' } },
      '/broken': { status: 502 },
    }
    const phone = phoneBefore(({ path }) => answers[path])
    const ports = await connected(phone)
    await expect(walletFetch(ports, '/refused')).rejects.toMatchObject({
      code: 'points_too_few',
      extra: { spendable: '3' },
    })
    await expect(walletFetch(ports, '/lost')).rejects.toMatchObject({ code: 'network' })
    await expect(walletFetch(ports, '/busy')).rejects.toMatchObject({ code: 'busy' })
    await expect(walletFetch(ports, '/broken')).rejects.toMatchObject({ code: 'server_error' })
  })
})

describe('connecting', () => {
  const opening: City = ({ method, path }) => {
    if (path === '/api/wallet/account/verification')
      return { status: 201, body: { id: 'v1', requestUri: 'openid4vp://?x=1' } }
    if (method === 'POST' && path === '/api/wallet/account') return { status: 201, body: {} }
    if (path === '/api/wallet/account') return { body: { status: 'open', number: '1234567890' } }
    return undefined
  }

  it('goes on with the proof after a reload, with the same key', async () => {
    const phone = phoneBefore(opening)
    expect(await startConnecting(await phone.tab())).toBe('openid4vp://?x=1')
    const before = await readAccount(await phone.tab())
    const account = await connect(await phone.tab(), false)
    expect(account).toMatchObject({ status: 'open', number: '1234567890', key: before?.key })
    expect(account.verificationId).toBeUndefined()
    expect(
      phone.requests.find(({ method, path }) => method === 'POST' && path === '/api/wallet/account')?.body,
    ).toEqual({
      verificationId: 'v1',
    })
  })

  it('keeps the proof when the account is elsewhere, so that the move needs no second one', async () => {
    const phone = phoneBefore((request) => {
      if (request.method === 'POST' && request.path === '/api/wallet/account')
        return { status: 409, body: { code: 'account_elsewhere' } }
      if (request.path === '/api/wallet/account/move') return { status: 201, body: {} }
      if (request.path === '/api/wallet/account')
        return { body: { status: 'waiting', readyAt: '2026-11-24T10:00:00Z' } }
      return opening(request)
    })
    const ports = await phone.tab()
    await startConnecting(ports)
    await expect(connect(ports, false)).rejects.toMatchObject({ code: 'account_elsewhere' })
    expect(await connect(ports, true)).toMatchObject({
      status: 'waiting',
      readyAt: Date.parse('2026-11-24T10:00:00Z'),
    })
    expect(phone.requests.find(({ path }) => path.endsWith('/move'))?.body).toEqual({ verificationId: 'v1' })
  })

  it('keeps the key of an account that was closed: points may still reach it, and it never signs a number twice', async () => {
    const phone = phoneBefore(opening)
    const ports = await connected(phone)
    const old = (await readAccount(ports))!
    await ports.store.put('account', 'mine', { ...old, status: 'closed', nonce: 9 })
    await startConnecting(ports)
    expect(await connect(ports, false)).toMatchObject({ key: old.key, nonce: 9, status: 'open' })
  })
})

describe('points that another phone asks for', () => {
  it('stay when this key objects, with a number that it never used before', async () => {
    let leaving = true
    const phone = phoneBefore(({ method, path }) => {
      if (method === 'POST' && path.endsWith('/objection')) {
        leaving = false
        return { body: {} }
      }
      return { body: { status: 'open', recovery: leaving ? { readyAt: '2026-11-24T10:00:00Z' } : null } }
    })
    const ports = await connected(phone)
    const before = (await readAccount(ports))!
    await ports.store.put('account', 'mine', { ...before, nonce: 6 })
    expect((await refreshAccount(ports))?.leavingAt).toBe(Date.parse('2026-11-24T10:00:00Z'))
    await object(ports, DOMAIN)
    const sent = phone.requests.find(({ path }) => path.endsWith('/objection'))!.body as {
      nonce: number
      deadline: number
      signature: string
    }
    expect(sent.nonce).toBe(7)
    const { publicJwk } = before.key
    const message = objectionMessage(DOMAIN, {
      holder: holderAddress(publicJwk),
      nonce: sent.nonce,
      deadline: sent.deadline,
    })
    const verifying = await crypto.subtle.importKey(
      'jwk',
      publicJwk,
      { name: 'ECDSA', namedCurve: 'P-256' },
      false,
      ['verify'],
    )
    const signature = Buffer.from(sent.signature, 'base64url')
    expect(
      await crypto.subtle.verify(
        { name: 'ECDSA', hash: 'SHA-256' },
        verifying,
        signature,
        new Uint8Array(message),
      ),
    ).toBe(true)
    const after = await readAccount(ports)
    expect(after?.leavingAt).toBeUndefined()
    expect(after?.nonce).toBe(7)
  })
})
