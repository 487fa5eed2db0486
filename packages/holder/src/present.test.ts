import { buildBatch } from '@pass/anchoring'
import { signVerifierRegistration } from '@pass/credentials'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createHolder, createMemoryKeys, createMemoryStore, type Holder, type HolderPorts } from './index.ts'
import { createTestAuthority, type TestAuthority } from './testing/authority.ts'
import { createTestIssuer, type TestIssuer, TX_CODE } from './testing/issuer.ts'
import { type Served, serve } from './testing/serve.ts'
import { createTestVerifier, type TestVerifier } from './testing/verifier.ts'

const CITY = 'https://pass.example'
const PURPOSE = { ko: '성인 확인', en: 'Checking adulthood' }

let served: Served
let authority: TestAuthority
let issuer: TestIssuer
let verifier: TestVerifier
let ports: HolderPorts
let holder: Holder
let now: () => Date

beforeAll(async () => {
  served = await serve()
  authority = await createTestAuthority()
  issuer = createTestIssuer(served, await authority.certify('Residents', `${served.url}/issuers/residents`))
})
afterAll(() => served.stop())
beforeEach(async () => {
  const library = await authority.certify('연수도서관', `${served.url}/verifiers/library`)
  verifier = await createTestVerifier(served, library, [authority.root])
  now = () => new Date()
  ports = {
    keys: createMemoryKeys(),
    store: createMemoryStore(),
    fetch,
    clock: () => now(),
    random: (length) => crypto.getRandomValues(new Uint8Array(length)),
    trust: async () => ({ rootCertificates: [authority.root], authority: CITY }),
    allowInsecure: true,
  }
  holder = createHolder(ports)
  await holder.receive(await holder.readOffer(issuer.offer().byValue), { txCode: TX_CODE })
})

const adult = (values: unknown[] = [true]) => ({
  credentials: [
    {
      id: 'card',
      format: 'dc+sd-jwt',
      meta: { vct_values: [issuer.vct] },
      claims: [{ path: ['age_equal_or_over', '19'], values }],
    },
  ],
})
const wantsName = (id: string, vct = issuer.vct) => ({
  id,
  format: 'dc+sd-jwt',
  meta: { vct_values: [vct] },
  claims: [{ path: ['name_ko'] }],
})
const registration = async (claims: (string | number | null)[][]) => {
  const { x5c, sign } = await authority.certify('Incheon', CITY)
  const iat = Math.floor(Date.now() / 1000)
  return signVerifierRegistration(
    {
      iss: CITY,
      sub: verifier.clientId.slice('x509_hash:'.length),
      purpose: PURPOSE,
      credentials: [{ vct: issuer.vct, claims }],
      iat,
      exp: iat + 600,
    },
    { x5c, sign },
  )
}

describe('what is shown before anything is shared', () => {
  test.each([false, true])(
    'the verifier, and exactly the claims that will go out (by POST: %s)',
    async (post) => {
      const preview = await holder.readRequest(await verifier.ask(adult(), { post }))
      expect(preview.verifier).toMatchObject({ name: '연수도서관', x509Hash: verifier.clientId.slice(10) })
      expect(preview.satisfiable).toBe(true)
      expect(preview.queries[0]?.candidates[0]?.claims).toEqual([
        { path: ['age_equal_or_over', '19'], label: { ko: '19세 이상', en: '19세 이상' }, value: true },
      ])
      expect(verifier.answers).toEqual([])
    },
  )

  test('a purpose that the city registered is named; one that it did not, is not', async () => {
    const info = await registration([['age_equal_or_over', '19']])
    const known = await holder.readRequest(await verifier.ask(adult(), { info }))
    expect(known).toMatchObject({ registered: true, purpose: PURPOSE, beyond: [] })
    const unknown = await holder.readRequest(await verifier.ask(adult()))
    expect(unknown.registered).toBe(false)
    expect(unknown.purpose).toBeUndefined()
  })

  test('what is asked beyond the registered purpose is named', async () => {
    const info = await registration([['age_equal_or_over', '19']])
    const preview = await holder.readRequest(await verifier.ask({ credentials: [wantsName('n')] }, { info }))
    expect(preview.beyond).toEqual([{ path: ['name_ko'], label: { ko: '이름', en: 'Name' } }])
  })

  test('the registration of another verifier is worth nothing', async () => {
    const info = await registration([['name_ko']])
    const cinema = await authority.certify('Cinema', `${served.url}/verifiers/cinema`)
    const other = await createTestVerifier(served, cinema, [authority.root])
    expect((await holder.readRequest(await other.ask(adult(), { info }))).registered).toBe(false)
  })

  test('why nothing fits is explained', async () => {
    const missing = async (query: Record<string, unknown>) =>
      (await holder.readRequest(await verifier.ask(query))).queries[0]?.missing
    expect(await missing(adult([false]))).toMatchObject({
      reason: 'value_differs',
      claims: [{ label: { ko: '19세 이상' } }],
    })
    expect(await missing({ credentials: [wantsName('x', 'https://other.example/t')] })).toEqual({
      reason: 'no_such_credential',
      vcts: ['https://other.example/t'],
    })
    const absent = { ...wantsName('y'), claims: [{ path: ['income'] }] }
    expect(await missing({ credentials: [absent] })).toMatchObject({
      reason: 'claim_absent',
      claims: [{ path: ['income'] }],
    })
    const nextYear = Math.floor(Date.now() / 1000) + 31_536_000
    now = () => new Date(Date.now() + 40 * 86_400_000)
    const late = await holder.readRequest(await verifier.ask(adult(), { spoil: { exp: nextYear } }))
    expect(late.queries[0]?.missing).toMatchObject({ reason: 'expired', name: { ko: '인천 시민증' } })
    expect(late.satisfiable).toBe(false)
  })

  test('of alternatives, the one that can be answered is chosen', async () => {
    const query = {
      credentials: [wantsName('a', 'https://other.example/t'), wantsName('b')],
      credential_sets: [{ options: [['a'], ['b']] }],
    }
    const preview = await holder.readRequest(await verifier.ask(query))
    expect(preview.satisfiable).toBe(true)
    expect(Object.keys(preview.choice)).toEqual(['b'])
    expect(preview.groups).toEqual([{ required: true, options: [['a'], ['b']] }])
  })
})

describe('a request that cannot be trusted', () => {
  test('of a verifier without a certificate of the city', async () => {
    const stranger = await createTestAuthority('Stranger')
    const shop = await createTestVerifier(served, await stranger.certify('Shop', served.url), [
      authority.root,
    ])
    await expect(holder.readRequest(await shop.ask(adult()))).rejects.toMatchObject({
      code: 'verifier_untrusted',
      shared: false,
    })
  })

  test('under the client id of another', async () => {
    const link = (await verifier.ask(adult())).replace(/client_id=[^&]+/, 'client_id=x509_hash%3Aabc')
    await expect(holder.readRequest(link)).rejects.toMatchObject({ code: 'verifier_untrusted' })
  })

  test.each([
    ['another audience', { aud: 'https://elsewhere.example' }, 'request_malformed'],
    ['a time that is past', { exp: 1_700_000_000 }, 'request_expired'],
    ['transaction data', { transaction_data: ['e30'] }, 'request_unsupported'],
    ['an unencrypted response', { response_mode: 'direct_post' }, 'request_unsupported'],
    ["another wallet's nonce", { wallet_nonce: 'other' }, 'request_malformed'],
  ])('with %s', async (_what, members, code) => {
    const link = await verifier.ask(adult(), { post: 'wallet_nonce' in members, spoil: members })
    await expect(holder.readRequest(link)).rejects.toMatchObject({ name: 'HolderError', code, shared: false })
  })

  test('that is gone, or unsigned, or no request', async () => {
    const gone = `openid4vp://?client_id=${verifier.clientId}&request_uri=${encodeURIComponent(`${served.url}/gone`)}`
    await expect(holder.readRequest(gone)).rejects.toMatchObject({ code: 'request_expired' })
    const unsigned = `openid4vp://?client_id=${verifier.clientId}&nonce=1`
    await expect(holder.readRequest(unsigned)).rejects.toMatchObject({ code: 'verifier_untrusted' })
    await expect(holder.readRequest('안녕')).rejects.toMatchObject({ code: 'request_malformed' })
  })
})

describe('presenting', () => {
  test('the verifier learns the chosen claim and nothing else, and every check passes', async () => {
    const preview = await holder.readRequest(await verifier.ask(adult(), { post: true }))
    expect(await holder.present(preview)).toEqual({
      outcome: 'accepted',
      redirectUri: 'https://library.example/done',
    })
    const verdict = verifier.answers[0]?.verdicts['card']
    expect(verdict?.ok).toBe(true)
    const { iss, vct, iat, exp, cnf, status, ...personal } = verdict?.presented?.claims ?? {}
    expect(personal).toEqual({ age_equal_or_over: { 19: true } })
  })

  test('each presentation uses a copy that was never shown, while there is one', async () => {
    const shown: unknown[] = []
    for (let i = 0; i < 4; i++) {
      await holder.present(await holder.readRequest(await verifier.ask(adult())))
      shown.push(verifier.answers.at(-1)?.verdicts['card']?.presented?.hash)
    }
    expect(new Set(shown.slice(0, 3)).size).toBe(3)
    expect((await holder.list())[0]?.copies.map(({ used }) => used).sort()).toEqual([1, 1, 2])
  })

  test('the receipt travels in the key binding', async () => {
    const [credential] = await holder.list()
    const hashes = credential!.copies.map(({ hash }) => hash)
    const { root, paths } = buildBatch(hashes)
    for (const hash of hashes.slice(1)) {
      const receipt = {
        root,
        path: paths.get(hash),
        sequence: 1,
        block: 7,
        time: 1_790_000_000,
        chain: 8282,
        contract: `0x${'ab'.repeat(20)}`,
      }
      served.routes.set(`/api/anchors/${hash}`, () => ({ body: receipt }))
    }
    served.routes.set(`/api/anchors/${hashes[0]}`, () => ({
      status: 404,
      body: { code: 'not_anchored_yet' },
    }))
    expect(await holder.refreshReceipts(served.url)).toBe(2)
    expect(await holder.refreshReceipts(served.url)).toBe(0)
    await holder.present(await holder.readRequest(await verifier.ask(adult())))
    expect(verifier.answers[0]?.keyBindings['card']).toMatchObject({ anchor: { root, block: 7 } })
  })

  test('a receipt for something else is not kept', async () => {
    const [credential] = await holder.list()
    const { root } = buildBatch(['00'.repeat(32)])
    for (const { hash } of credential!.copies) {
      const receipt = {
        root,
        path: [],
        sequence: 1,
        block: 1,
        time: 1,
        chain: 1,
        contract: `0x${'00'.repeat(20)}`,
      }
      served.routes.set(`/api/anchors/${hash}`, () => ({ body: receipt }))
    }
    expect(await holder.refreshReceipts(served.url)).toBe(0)
  })

  test('several credentials are presented together', async () => {
    const preview = await holder.readRequest(
      await verifier.ask({ credentials: [wantsName('a'), ...adult().credentials] }),
    )
    expect((await holder.present(preview)).outcome).toBe('accepted')
    const verdicts = verifier.answers[0]?.verdicts ?? {}
    expect(Object.values(verdicts).map(({ ok }) => ok)).toEqual([true, true])
    expect(verdicts['a']?.presented?.hash).not.toBe(verdicts['card']?.presented?.hash)
  })

  test("a refusal is an outcome with the verifier's code", async () => {
    verifier.reply = { status: 400, body: { error: 'invalid_presentation', code: 'credential_revoked' } }
    const preview = await holder.readRequest(await verifier.ask(adult()))
    expect(await holder.present(preview)).toEqual({ outcome: 'refused', code: 'credential_revoked' })
    expect((await holder.activity())[0]).toMatchObject({
      kind: 'refused',
      code: 'credential_revoked',
      shared: true,
    })
  })

  test('pressing twice presents once', async () => {
    const preview = await holder.readRequest(await verifier.ask(adult()))
    const outcomes = await Promise.all([holder.present(preview), holder.present(preview)])
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['accepted', 'accepted'])
    expect(verifier.answers).toHaveLength(1)
  })

  test('a verifier that is overloaded says when to try again, and that something was shared', async () => {
    verifier.reply = { status: 503, headers: { 'retry-after': '7' }, body: {} }
    const preview = await holder.readRequest(await verifier.ask(adult()))
    await expect(holder.present(preview)).rejects.toMatchObject({ code: 'busy', retryAfter: 7, shared: true })
  })

  test('a lost answer says that something was shared', async () => {
    verifier.reply = 'cut'
    const preview = await holder.readRequest(await verifier.ask(adult()))
    await expect(holder.present(preview)).rejects.toMatchObject({ code: 'network', shared: true })
    expect((await holder.list())[0]?.copies.filter(({ used }) => used > 0)).toHaveLength(1)
  })

  test('a request that ran out while it was read, and a choice that does not fit, share nothing', async () => {
    const preview = await holder.readRequest(await verifier.ask(adult()))
    await expect(holder.present(preview, { card: 'other' })).rejects.toMatchObject({
      code: 'choice_invalid',
      shared: false,
    })
    await expect(holder.present(preview, {})).rejects.toMatchObject({ code: 'choice_invalid', shared: false })
    now = () => new Date(Date.now() + 600_000)
    await expect(holder.present(preview)).rejects.toMatchObject({ code: 'request_expired', shared: false })
    expect(verifier.answers).toEqual([])
  })

  test('a credential deleted in between is not presented', async () => {
    const preview = await holder.readRequest(await verifier.ask(adult()))
    for (const { id } of await holder.list()) await holder.remove(id)
    await expect(holder.present(preview)).rejects.toMatchObject({ code: 'nothing_matches', shared: false })
  })

  test('declining tells the verifier no and shares nothing', async () => {
    const preview = await holder.readRequest(await verifier.ask(adult()))
    await holder.decline(preview)
    expect(verifier.answers).toMatchObject([{ error: 'access_denied', presentations: {} }])
    expect((await holder.activity())[0]).toMatchObject({ kind: 'declined', shared: false })
  })

  test('a proof goes only with an answer that is asked for one, and is made for its address', async () => {
    const made: string[][] = []
    const proof = async (...sent: string[]) => {
      made.push(sent)
      return 'a.proof.of-the-key'
    }
    await holder.present(await holder.readRequest(await verifier.ask(adult())), undefined, { proof })
    expect([verifier.proofs, made]).toEqual([[null], []])
    const preview = await holder.readRequest(await verifier.ask(adult(), { spoil: { dpop_jkt: 'thumb' } }))
    expect(preview.request.proofOf).toBe('thumb')
    expect(await holder.present(preview, undefined, { proof })).toMatchObject({ outcome: 'accepted' })
    expect(verifier.proofs.at(-1)).toBe('a.proof.of-the-key')
    expect(made).toEqual([['POST', preview.request.responseUri]])
  })

  test('what another wallet has asked for is not answered, and no copy counts as shown', async () => {
    const preview = await holder.readRequest(await verifier.ask(adult(), { spoil: { dpop_jkt: 'thumb' } }))
    await expect(holder.present(preview)).rejects.toMatchObject({ code: 'asked_elsewhere', shared: false })
    expect(verifier.answers).toEqual([])
    expect((await holder.list())[0]?.copies.every(({ used }) => used === 0)).toBe(true)
  })

  test('a verifier cannot make the wallet open anything but a page', async () => {
    verifier.reply = { body: { redirect_uri: 'javascript:alert(1)' } }
    const preview = await holder.readRequest(await verifier.ask(adult()))
    expect(await holder.present(preview)).toEqual({ outcome: 'accepted' })
  })

  test('activity names what was shown and never its value', async () => {
    const info = await registration([['age_equal_or_over', '19'], ['name_ko']])
    const preview = await holder.readRequest(await verifier.ask({ credentials: [wantsName('n')] }, { info }))
    await holder.present(preview)
    const [entry] = await holder.activity()
    expect(entry).toMatchObject({
      kind: 'presented',
      purpose: PURPOSE,
      party: { name: { ko: '연수도서관' } },
    })
    expect(entry?.credentials[0]?.claims).toEqual([{ path: ['name_ko'], label: { ko: '이름', en: 'Name' } }])
    expect(JSON.stringify(await holder.activity())).not.toContain('김인천')
  })
})
