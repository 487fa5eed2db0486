import type { Holder, RequestPreview } from '@pass/holder'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeWalletKey } from '../testing/wallet-key.ts'
import { startWalletCity, type WalletCity } from './testing.ts'

let city: WalletCity
beforeAll(async () => {
  city = await startWalletCity()
}, 120_000)
afterAll(() => city?.stop())

const DAY = 86_400

describe('a wallet', () => {
  it('is connected with its citizen by the resident card, of which nothing is shown', async () => {
    const subject = await city.makeResident()
    const phone = await city.makePhone(subject)
    expect((await phone.call('/api/wallet/account')).body).toEqual({ status: 'none' })

    const { status, body } = await phone.call('/api/wallet/account/verification', {})
    expect(status).toBe(201)
    const preview = await phone.holder.readRequest(body.requestUri)
    expect(preview).toMatchObject({
      registered: true,
      beyond: [],
      satisfiable: true,
      verifier: { organization: 'Incheon Points Office' },
      purpose: { ko: expect.stringContaining('포인트와 봉사 기록') },
    })
    expect(preview.queries[0]?.candidates[0]?.claims).toEqual([])
    const answered = await phone.holder.present(preview, preview.choice, { proof: phone.key.proof })
    expect(answered).toEqual({ outcome: 'accepted' })

    const connected = await phone.call('/api/wallet/account', { verificationId: body.id })
    expect([connected.status, connected.body.account.status]).toEqual([201, 'open'])
    const view = await phone.call('/api/wallet/account')
    expect(view.body).toMatchObject({
      status: 'open',
      address: phone.key.address,
      number: expect.stringMatching(/^\d{10}$/),
    })
    const [row] = await city.db.sql<{ subjectId: string }>`
      SELECT "subjectId" FROM "WalletAccount" WHERE "jkt" = ${phone.key.jkt}`
    expect(row?.subjectId).toBe(subject)
    expect(city.logged.join('')).not.toContain(view.body.number)
  })

  it('that asks again after a lost answer gets the same account', async () => {
    const phone = await city.makePhone(await city.makeResident())
    const verificationId = await phone.prove()
    const first = await phone.call('/api/wallet/account', { verificationId })
    const again = await phone.call('/api/wallet/account', { verificationId })
    const anew = await phone.connect()
    expect([first.status, again.status, anew.status]).toEqual([201, 201, 201])
    expect(again.body).toEqual(first.body)
    expect(anew.body).toEqual(first.body)
  })

  it("is not connected by another phone's proof", async () => {
    const phone = await city.makePhone(await city.makeResident())
    const verificationId = await phone.prove()
    const thief = makeWalletKey(city.clock)
    const stolen = await thief.call(city.url, '/api/wallet/account', { json: { verificationId } })
    expect([stolen.status, stolen.body.code]).toEqual([404, 'not_found'])
    expect((await phone.call('/api/wallet/account', { verificationId })).status).toBe(201)
  })

  it("keeps its citizen when a friend's card is shown", async () => {
    const phone = await city.makePhone(await city.makeResident())
    await phone.connect()
    const friend = await city.makePhone(await city.makeResident('이친구'))
    const { body } = await phone.call('/api/wallet/account/verification', {})
    const request = await friend.holder.readRequest(body.requestUri)
    await friend.holder.present(request, request.choice, { proof: phone.key.proof })
    for (const path of ['/api/wallet/account', '/api/wallet/account/move']) {
      const refused = await phone.call(path, { verificationId: body.id })
      expect([refused.status, refused.body.code]).toEqual([409, 'wallet_of_another'])
    }
  })

  it('is told what is missing while the card has not been shown, was refused, or was shown long ago', async () => {
    const phone = await city.makePhone(await city.makeResident())
    const code = async (verificationId: string) =>
      (await phone.call('/api/wallet/account', { verificationId })).body.code
    const ask = async () => (await phone.call('/api/wallet/account/verification', {})).body
    const open = await ask()
    expect(await code(open.id)).toBe('verification_pending')
    const declined = await ask()
    await phone.holder.decline(await phone.holder.readRequest(declined.requestUri))
    expect(await code(declined.id)).toBe('verification_refused')
    const old = await phone.prove()
    city.advance(601)
    expect(await code(old)).toBe('verification_spent')
    expect(await code(open.id)).toBe('expired')
    city.advance(-601)
  })

  it('proves itself with each request: another method, path or time, or the same proof again, opens nothing', async () => {
    const phone = await city.makePhone(await city.makeResident())
    await phone.connect()
    const url = `${city.url}/api/wallet/account`
    const get = async (proof: string) => (await fetch(url, { headers: { DPoP: proof } })).status
    const good = phone.key.dpop('GET', url)
    expect(await get(good)).toBe(200)
    expect(await get(good)).toBe(401)
    expect(await get(phone.key.dpop('POST', url))).toBe(401)
    expect(await get(phone.key.dpop('GET', `${city.url}/api/wallet/offers`))).toBe(401)
    const old = phone.key.dpop('GET', url, {
      payload: { iat: Math.floor(city.clock().getTime() / 1000) - 400 },
    })
    const answer = await fetch(url, { headers: { DPoP: old } })
    expect([answer.status, (await answer.json()).code]).toEqual([401, 'device_clock_wrong'])
    expect(await get(phone.key.dpop('GET', url, { header: { jwk: makeWalletKey().publicJwk } }))).toBe(401)
    expect((await fetch(url)).status).toBe(401)
  })

  it('learns whose a card is at no other verifier', async () => {
    const phone = await city.makePhone(await city.makeResident())
    const key = await city.services.apiKeys.create({ name: 'l', role: 'verifier', verifierId: 'library' })
    const response = await fetch(`${city.url}/api/verifications`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key.key}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        dcql: {
          credentials: [
            {
              id: 'resident',
              format: 'dc+sd-jwt',
              meta: { vct_values: [`${city.url}/credential-types/resident`] },
            },
          ],
        },
      }),
    })
    const { id, requestUri } = (await response.json()) as { id: string; requestUri: string }
    await phone.holder.present(await phone.holder.readRequest(requestUri))
    const [row] = await city.db.sql<{ sealedClaims: Uint8Array; createdBy: string }>`
      SELECT "sealedClaims", "createdBy" FROM "Verification" WHERE "id" = ${id}::uuid`
    const kept = city.context.agent.open(`verification.claims:${id}`, row?.sealedClaims ?? new Uint8Array())
    expect(JSON.parse(Buffer.from(kept).toString())).toEqual({ claims: { resident: {} } })
    const refused = await phone.call('/api/wallet/account', { verificationId: id })
    expect(refused.body.code).toBe('not_found')
  })

  it('is asked for its account by the points office alone', async () => {
    const key = await city.services.apiKeys.create({ name: 'm', role: 'verifier', verifierId: 'museum' })
    const response = await fetch(`${city.url}/api/verifications`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key.key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ template: 'wallet-account' }),
    })
    expect([response.status, (await response.json()).code]).toEqual([403, 'forbidden'])
    const templates = await (await fetch(`${city.url}/api/templates`)).json()
    expect(JSON.stringify(templates)).not.toContain('wallet-account')
  })

  it('proves more than who it is only by the question that asks for it', async () => {
    const phone = await city.makePhone(await city.makeResident())
    const { subjectOf, ask } = city.services.wallets
    const { id, requestUri } = await ask(phone.key.jkt, { template: 'age-19' })
    const other = await phone.prove()
    await phone.answer(requestUri)
    const proven = (verification: string) =>
      city.db.transaction((sql) => subjectOf(sql, verification, phone.key.jkt, { template: 'age-19' }))
    await expect(proven(other)).rejects.toMatchObject({ code: 'not_found' })
    expect(await proven(id)).toMatch(/^[0-9a-f-]{36}$/)
    await expect(proven(id)).rejects.toMatchObject({ code: 'verification_spent' })
  })
})

describe('a request that a wallet made for itself', () => {
  /** A thief's phone asks, and a citizen is shown the QR as if it were something else. */
  async function relayed() {
    const [citizen, thief] = [
      await city.makePhone(await city.makeResident()),
      await city.makePhone(await city.makeResident('이도둑')),
    ]
    const { body } = await thief.call('/api/wallet/account/verification', {})
    const request = await citizen.holder.readRequest(body.requestUri)
    const { requestUri } = body as { requestUri: string }
    return {
      citizen,
      thief,
      id: String(body.id),
      requestUri,
      request,
      url: request.request.responseUri ?? '',
    }
  }
  /** As a wallet that does not know, or does not care, that a proof is asked for. */
  async function answerWith(phone: { holder: Holder }, request: RequestPreview, header?: string) {
    const { proofOf: _, ...unbound } = request.request
    if (header === undefined) return phone.holder.present({ ...request, request: unbound }, request.choice)
    return phone.holder.present(request, request.choice, { proof: async () => header })
  }
  const REFUSED = { outcome: 'refused', code: 'asked_elsewhere' }
  const stateOf = async (id: string) => {
    const [row] = await city.db.sql`
      SELECT "state", "checks", "refusal", "sealedClaims" FROM "Verification" WHERE "id" = ${id}::uuid`
    return row
  }
  const OPEN = { state: 'fetched', checks: null, refusal: null, sealedClaims: null }

  it('says so in what the points office has signed, and is not answered by a wallet that did not ask', async () => {
    const { citizen, thief, request } = await relayed()
    expect(request.request.proofOf).toBe(thief.key.jkt)
    await expect(citizen.holder.present(request)).rejects.toMatchObject({
      code: 'asked_elsewhere',
      shared: false,
    })
    const [card] = await citizen.holder.list()
    expect(card?.copies.every(({ used }) => used === 0)).toBe(true)
  })

  it.each<[string, (given: Awaited<ReturnType<typeof relayed>>) => string | undefined]>([
    ['without a proof', () => undefined],
    ['with a proof of the key of who answers', ({ citizen, url }) => citizen.key.dpop('POST', url)],
    ['with what is no proof', () => 'e30.e30.e30'],
    [
      'with a proof that claims the key that asked',
      ({ citizen, thief, url }) => citizen.key.dpop('POST', url, { header: { jwk: thief.key.publicJwk } }),
    ],
    [
      'with a proof for another address',
      ({ thief }) => thief.key.dpop('POST', `${city.url}/api/wallet/account/verification`),
    ],
    [
      'with a proof for the same address elsewhere',
      ({ thief, url }) => thief.key.dpop('POST', url.replace(city.url, 'https://city.example')),
    ],
    ['with a proof for another method', ({ thief, url }) => thief.key.dpop('GET', url)],
    [
      'with an old proof',
      ({ thief, url }) =>
        thief.key.dpop('POST', url, { payload: { iat: Math.floor(city.clock().getTime() / 1000) - 301 } }),
    ],
  ])('takes no answer %s: nothing is decided or kept, and it stays open', async (_what, make) => {
    const given = await relayed()
    expect(await answerWith(given.citizen, given.request, make(given))).toEqual(REFUSED)
    await expect.poll(() => stateOf(given.id)).toEqual(OPEN)
    for (const path of ['/api/wallet/account', '/api/wallet/account/move']) {
      const { status, body } = await given.thief.call(path, { verificationId: given.id })
      expect([status, body.code]).toEqual([409, 'verification_pending'])
    }
    // The wallet that asked answers it all the same.
    const proof = given.thief.key.dpop('POST', given.url)
    const own = await given.thief.holder.readRequest(given.requestUri)
    expect(await answerWith(given.thief, own, proof)).toEqual({ outcome: 'accepted' })
  })

  it('takes a proof once', async () => {
    const { citizen, thief, request, url } = await relayed()
    const proof = thief.key.dpop('POST', url)
    const send = (response: string, header: string) =>
      fetch(url, {
        method: 'POST',
        headers: { DPoP: header },
        body: new URLSearchParams({ response }),
      }).then(async (answer) => (await answer.json()).code)
    expect(await send('unreadable', proof)).toBe('malformed_response')
    expect(await send('unreadable', proof)).toBe('asked_elsewhere')
    expect(await send('unreadable', thief.key.dpop('POST', url))).toBe('malformed_response')
    expect(await answerWith(citizen, request, proof)).toEqual(REFUSED)
  })

  it('takes a proof for its own address alone, also of the key that made both', async () => {
    const phone = await city.makePhone(await city.makeResident())
    const ask = async () => (await phone.call('/api/wallet/account/verification', {})).body
    const [one, two] = await Promise.all([ask(), ask()])
    const [first, second] = await Promise.all(
      [one, two].map(({ requestUri }) => phone.holder.readRequest(requestUri)),
    )
    const proof = phone.key.dpop('POST', first!.request.responseUri ?? '')
    expect(await answerWith(phone, second!, proof)).toEqual(REFUSED)
    expect(await answerWith(phone, first!, proof)).toEqual({ outcome: 'accepted' })
  })

  it('for a sign-up is as little answered by somebody else', async () => {
    const { citizen, thief } = await relayed()
    const { ask, subjectOf } = city.services.wallets
    const { id, requestUri } = await ask(thief.key.jkt, { template: 'age-19' })
    const request = await citizen.holder.readRequest(requestUri)
    expect(
      await answerWith(citizen, request, citizen.key.dpop('POST', request.request.responseUri ?? '')),
    ).toEqual(REFUSED)
    const proven = city.db.transaction((sql) => subjectOf(sql, id, thief.key.jkt, { template: 'age-19' }))
    await expect(proven).rejects.toMatchObject({ code: 'verification_pending' })
  })

  it('is made by wallets alone: staff of the points office can neither ask nor look on', async () => {
    const { key } = await city.services.apiKeys.create({
      name: 'p',
      role: 'verifier',
      verifierId: 'points-office',
    })
    const response = await fetch(`${city.url}/api/verifications`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ template: 'wallet-account' }),
    })
    expect([response.status, (await response.json()).code]).toEqual([403, 'forbidden'])
    const phone = await city.makePhone(await city.makeResident())
    const verificationId = await phone.prove()
    for (const path of ['', `/${verificationId}`]) {
      const looked = await fetch(`${city.url}/api/verifications${path}`, {
        headers: { authorization: `Bearer ${key}` },
      })
      expect([looked.status, (await looked.json()).code]).toEqual([403, 'forbidden'])
    }
    expect((await phone.call('/api/wallet/account', { verificationId })).status).toBe(201)
  })
})

describe('a citizen at a desk', () => {
  it('is found by the number of the account, and a slip of the tongue by its check digit', async () => {
    const phone = await city.makePhone(await city.makeResident())
    const { number } = (await phone.connect()).body.account
    const { accountByNumber } = city.services.wallets
    const spoken = `${number.slice(0, 5)} ${number.slice(5)}`
    expect(await accountByNumber(spoken)).toMatchObject({ number, address: phone.key.address })
    const wrong = `${number.slice(0, 9)}${(Number(number[9]) + 1) % 10}`
    await expect(accountByNumber(wrong)).rejects.toMatchObject({ code: 'account_number_wrong' })
    await expect(accountByNumber('0000000000')).rejects.toMatchObject({ code: 'account_unknown' })
  })

  it('shows a pass that counts once and for a minute', async () => {
    const phone = await city.makePhone(await city.makeResident())
    const { accountByPass } = city.services.wallets
    await expect(accountByPass(phone.key.passCode(city.url))).rejects.toMatchObject({
      code: 'wallet_unknown',
    })
    const { account } = (await phone.connect()).body
    const pass = phone.key.passCode(city.url)
    expect(await accountByPass(pass)).toMatchObject({ id: account.id, number: account.number })
    await expect(accountByPass(pass)).rejects.toMatchObject({ code: 'code_used' })
    const old = phone.key.passCode(city.url)
    city.advance(62)
    await expect(accountByPass(old)).rejects.toMatchObject({ code: 'code_expired' })
    city.advance(-62)
    for (const forged of [
      phone.key.passCode(city.url, { header: { jwk: makeWalletKey().publicJwk } }),
      phone.key.passCode(city.url, { header: { typ: 'dpop+jwt' } }),
      phone.key.dpop('GET', `${city.url}/api/wallet/account`),
      'https://example.org/',
    ])
      await expect(accountByPass(forged)).rejects.toMatchObject({ code: 'bad_signature' })
  })
})

describe('an inbox', () => {
  const facts = {
    certificateNo: '2026-000123',
    activity: '갯벌 청소',
    organisation: '인천바다지킴이',
    date: '2026-11-14',
    minutes: 150,
    hours: 2.5,
    school: true,
  }
  const offer = (phone: { subjectId: string; accountId: string }, ttlSeconds = 90 * DAY) =>
    city.db.transaction((sql) =>
      city.services.issuance.offers.createIn(sql, {
        agencyId: 'volunteer-centre',
        typeId: 'volunteer-certificate',
        ...phone,
        facts,
        actor: 'system',
        ttlSeconds,
      }),
    )
  async function connectedPhone() {
    const subjectId = await city.makeResident()
    const phone = await city.makePhone(subjectId)
    const accountId = String((await phone.connect()).body.account.id)
    return { ...phone, owner: { subjectId, accountId } }
  }

  it('hands the wallet a certificate without another scan or code, once', async () => {
    const phone = await connectedPhone()
    const { id } = await offer(phone.owner)
    const { body } = await phone.call('/api/wallet/offers')
    expect(body.items).toMatchObject([{ id, type: 'volunteer-certificate', agency: 'volunteer-centre' }])
    const preview = await phone.holder.readOffer(body.items[0].offerUri)
    expect(preview).toMatchObject({ issuer: { name: { ko: '인천광역시자원봉사센터' } } })
    expect(preview).not.toHaveProperty('txCode')
    const {
      credentials: [credential],
    } = await phone.holder.receive(preview)
    expect(credential?.display.name.ko).toBe('자원봉사 확인서')
    const shown = Object.fromEntries(
      credential?.claims.map(({ path, value }) => [path.join('.'), value]) ?? [],
    )
    expect(shown).toMatchObject({
      name_ko: '김하늘',
      certificate_no: '2026-000123',
      activity_name: '갯벌 청소',
      minutes: 150,
    })
    expect((await phone.call('/api/wallet/offers')).body.items).toEqual([])
    const [row] = await city.db.sql`SELECT "sealedCode" FROM "Offer" WHERE "id" = ${id}::uuid`
    expect(row).toEqual({ sealedCode: null })
  })

  it('keeps an offer whose receipt was broken off, for whichever phone has the inbox', async () => {
    const phone = await connectedPhone()
    const { id } = await offer(phone.owner)
    const [{ offerUri }] = (await phone.call('/api/wallet/offers')).body.items
    const cut = city.makeHolder((input, init) =>
      String(input).endsWith('/credential') ? Promise.reject(new TypeError('cut')) : fetch(input, init),
    )
    await expect(cut.receive(await cut.readOffer(offerUri))).rejects.toMatchObject({ code: 'network' })
    city.advance(3600)
    expect((await phone.call('/api/wallet/offers')).body.items).toMatchObject([{ id }])
    await phone.holder.receive(await phone.holder.readOffer(offerUri))
    const late = city.makeHolder()
    await expect(late.receive(await late.readOffer(offerUri))).rejects.toMatchObject({
      code: 'offer_already_used',
    })
    city.advance(-3600)
  })

  it('lies in the database without a readable fact or code', async () => {
    const phone = await connectedPhone()
    const { id } = await offer(phone.owner)
    const rows = await city.db.sql<{ text: string }>`
      SELECT encode("sealedFacts", 'escape') || "codeHash" || encode("sealedCode", 'escape') AS "text"
      FROM "Offer" WHERE "id" = ${id}::uuid`
    expect(rows[0]?.text).not.toContain('2026-000123')
  })

  it('is open to its own citizen alone', async () => {
    const phone = await connectedPhone()
    const { id } = await offer(phone.owner)
    const other = await connectedPhone()
    expect((await other.call('/api/wallet/offers')).body.items).toEqual([])
    const stranger = makeWalletKey(city.clock)
    const refused = await stranger.call(city.url, '/api/wallet/offers')
    expect([refused.status, refused.body.code]).toEqual([403, 'wallet_unknown'])
    // Without a transaction code, the mere address of an offer must give nothing.
    expect((await fetch(`${city.url}/issuers/volunteer-centre/offers/${id}`)).status).toBe(404)
  })

  it('is empty again after ninety days, and what it said is gone', async () => {
    const phone = await connectedPhone()
    const { id } = await offer(phone.owner)
    const [{ offerUri }] = (await phone.call('/api/wallet/offers')).body.items
    const preview = await phone.holder.readOffer(offerUri)
    city.advance(90 * DAY + 3600)
    try {
      expect((await phone.call('/api/wallet/offers')).body.items).toEqual([])
      await expect(phone.holder.receive(preview)).rejects.toMatchObject({ code: 'offer_expired' })
      // Who had begun in time has another day.
      city.advance(DAY)
      await city.services.issuance.sweep()
      const [row] = await city.db
        .sql`SELECT "sealedFacts", "sealedCode" FROM "Offer" WHERE "id" = ${id}::uuid`
      expect(row).toEqual({ sealedFacts: null, sealedCode: null })
    } finally {
      city.advance(-91 * DAY - 3600)
    }
  })

  it('takes no certificate that says nothing, and no officer can make one by hand', async () => {
    const phone = await connectedPhone()
    const make = city.db.transaction((sql) =>
      city.services.issuance.offers.createIn(sql, {
        agencyId: 'volunteer-centre',
        typeId: 'volunteer-certificate',
        ...phone.owner,
        facts: {},
        actor: 'system',
        ttlSeconds: DAY,
      }),
    )
    await expect(make).rejects.toMatchObject({ code: 'not_entitled' })
    const officer = await city.services.apiKeys.create({
      name: 'v',
      role: 'officer',
      agencyId: 'volunteer-centre',
    })
    const response = await fetch(`${city.url}/api/offers`, {
      method: 'POST',
      headers: { authorization: `Bearer ${officer.key}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        agency: 'volunteer-centre',
        type: 'volunteer-certificate',
        subject: phone.owner.subjectId,
      }),
    })
    expect([response.status, (await response.json()).code]).toEqual([409, 'not_entitled'])
  })

  it("can be taken back by the agency once it is the citizen's card", async () => {
    const phone = await connectedPhone()
    const { id } = await offer(phone.owner)
    const [{ offerUri }] = (await phone.call('/api/wallet/offers')).body.items
    await phone.holder.receive(await phone.holder.readOffer(offerUri))
    const officer = await city.services.apiKeys.create({
      name: 'w',
      role: 'officer',
      agencyId: 'volunteer-centre',
    })
    const response = await fetch(`${city.url}/api/credentials/${id}/revoke`, {
      method: 'POST',
      headers: { authorization: `Bearer ${officer.key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ reason: '시간 정정' }),
    })
    expect(response.status).toBe(200)
  })
})
