import { authorityKeyIdsOf, transactionDataHashes, transactionTypeSchema } from '@pass/credentials'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createTestAuthority, type TestAuthority } from './testing/authority.ts'
import { createTestIssuer, type TestIssuer, TX_CODE } from './testing/issuer.ts'
import { CITY, createPhone, type Phone } from './testing/phone.ts'
import { type Served, serve } from './testing/serve.ts'
import { createTestVerifier, type TestVerifier } from './testing/verifier.ts'

const FEE = transactionTypeSchema.parse({
  id: 'kr.incheon.test.fee',
  name: { ko: '수수료', en: 'Fee' },
  sentence: { ko: '{amount}을 내요.', en: 'I pay {amount}.' },
  fields: { amount: 'won' },
})

let served: Served
let authority: TestAuthority
let issuers: TestIssuer[]
let verifier: TestVerifier
let phone: Phone

beforeAll(async () => {
  served = await serve()
  authority = await createTestAuthority()
  issuers = await Promise.all(
    ['a', 'b'].map(async (name) => {
      const at = `/issuers/${name}`
      return createTestIssuer(served, await authority.certify(name, `${served.url}${at}`), at)
    }),
  )
})
afterAll(() => served.stop())
beforeEach(async () => {
  const library = await authority.certify('연수도서관', `${served.url}/verifiers/library`)
  verifier = await createTestVerifier(served, library, [authority.root])
  phone = createPhone({ rootCertificates: [authority.root], authority: CITY, transactionTypes: [FEE] })
  for (const issuer of issuers) {
    await phone.holder.receive(await phone.holder.readOffer(issuer.offer().byValue), { txCode: TX_CODE })
  }
})

const wants = (id: string, more: object = {}) => ({
  id,
  format: 'dc+sd-jwt',
  meta: { vct_values: [issuers[0]!.vct] },
  claims: [{ path: ['name_ko'] }],
  ...more,
})
const ELSEWHERE = { meta: { vct_values: ['https://other.example/t'] } }
const read = async (query: object, options = {}) =>
  phone.holder.readRequest(await verifier.ask(query as Record<string, unknown>, options))
const fee = (ids: string[], amount: unknown = 12_000) =>
  Buffer.from(JSON.stringify({ type: FEE.id, credential_ids: ids, amount })).toString('base64url')

describe('several credentials that fit', () => {
  test('are all offered, and the chosen one is shown', async () => {
    const preview = await read({ credentials: [wants('card')] })
    expect(preview.queries[0]?.candidates).toHaveLength(2)
    const other = preview.queries[0]!.candidates.find(
      ({ credentialId }) => credentialId !== preview.choice['card'],
    )!
    await phone.holder.present(preview, { card: other.credentialId })
    expect(verifier.answers[0]?.verdicts['card']?.presented?.claims['iss']).toBe(other.issuer.id)
  })

  test('from an authority that the verifier does not accept are left out, and the reason is told', async () => {
    const preview = await read({
      credentials: [wants('card', { trusted_authorities: [{ type: 'aki', values: ['AAAA'] }] })],
    })
    expect(preview.satisfiable).toBe(false)
    expect(preview.queries[0]?.missing).toMatchObject({ reason: 'issuer_not_accepted' })
    const { x5c } = await authority.certify('x', served.url)
    const accepted = await read({
      credentials: [
        wants('card', { trusted_authorities: [{ type: 'aki', values: authorityKeyIdsOf(x5c) }] }),
      ],
    })
    expect(accepted.satisfiable).toBe(true)
  })
})

describe('sets', () => {
  const sets = (...credential_sets: object[]) => ({
    credentials: [wants('a'), wants('b'), wants('c', ELSEWHERE)],
    credential_sets,
  })

  test('with alternatives are offered as alternatives, and any of them may be chosen', async () => {
    const preview = await read(sets({ options: [['a', 'b'], ['b']] }))
    expect(preview.groups).toEqual([{ required: true, options: [['a', 'b'], ['b']] }])
    expect(Object.keys(preview.choice)).toEqual(['a', 'b'])
    await phone.holder.present(preview, { b: preview.choice['b']! })
    expect(Object.keys(verifier.answers[0]?.verdicts ?? {})).toEqual(['b'])
  })

  test('that are not required and cannot be answered do no harm', async () => {
    const preview = await read(sets({ options: [['a']] }, { options: [['c']], required: false }))
    expect(preview).toMatchObject({ satisfiable: true })
    await phone.holder.present(preview)
    expect(Object.keys(verifier.answers[0]?.verdicts ?? {})).toEqual(['a'])
  })

  test('that are required and cannot be answered leave nothing to show, not even a part', async () => {
    const preview = await read(sets({ options: [['a']] }, { options: [['c']] }))
    expect(preview.satisfiable).toBe(false)
    await expect(phone.holder.present(preview)).rejects.toMatchObject({
      code: 'nothing_matches',
      shared: false,
    })
    expect(verifier.answers).toEqual([])
  })

  test('chosen in part, or with more than they name, are not answered', async () => {
    const preview = await read(sets({ options: [['a', 'b']] }))
    const { a, b } = preview.choice
    for (const choice of [{ a: a! }, { a: a!, b: b!, c: a! }, { c: a! }]) {
      await expect(phone.holder.present(preview, choice)).rejects.toMatchObject({ code: 'choice_invalid' })
    }
    expect(verifier.answers).toEqual([])
  })

  test('do not let out what is asked for nowhere in them', async () => {
    const preview = await read(sets({ options: [['a']] }))
    const { a } = preview.choice
    await expect(phone.holder.present(preview, { a: a!, b: a! })).rejects.toMatchObject({
      code: 'choice_invalid',
    })
  })

  test('that name one credential in two queries show two copies of it', async () => {
    const preview = await read(sets({ options: [['a', 'b']] }))
    const id = preview.choice['a']!
    await phone.holder.present(preview, { a: id, b: id })
    const { verdicts = {} } = verifier.answers[0] ?? {}
    expect(verdicts['a']?.presented?.hash).not.toBe(verdicts['b']?.presented?.hash)
  })
})

describe('claims', () => {
  test('without any asked for, nothing is disclosed', async () => {
    await phone.holder.present(await read({ credentials: [wants('card', { claims: undefined })] }))
    const presentation = verifier.answers[0]?.presentations['card'] ?? ''
    expect(presentation.split('~')).toHaveLength(2)
  })

  test('in sets are disclosed by the first set that the credential has', async () => {
    const claims = [
      { id: 'x', path: ['income'] },
      { id: 'n', path: ['name_ko'] },
      { id: 'd', path: ['birth_date'] },
    ]
    await phone.holder.present(
      await read({ credentials: [wants('card', { claims, claim_sets: [['x'], ['n'], ['d']] })] }),
    )
    const { iss, vct, iat, exp, cnf, status, ...personal } =
      verifier.answers[0]?.verdicts['card']?.presented?.claims ?? {}
    expect(personal).toEqual({ name_ko: '김인천', age_equal_or_over: {} })
  })
})

describe('transaction data', () => {
  test('are told in words, and signed by the credential that approves them', async () => {
    const data = fee(['card'])
    const preview = await read({ credentials: [wants('card')] }, { spoil: { transaction_data: [data] } })
    expect(preview.transactions).toEqual([
      {
        type: FEE.id,
        text: { ko: expect.stringContaining('12,000'), en: expect.stringContaining('12,000') },
        queryIds: ['card'],
        details: { amount: 12_000 },
        encoded: data,
      },
    ])
    await phone.holder.present(preview)
    expect(verifier.answers[0]?.keyBindings['card']).toMatchObject({
      transaction_data_hashes: transactionDataHashes([data]),
    })
  })

  test('that two credentials may approve are approved by one', async () => {
    const data = fee(['a', 'b'])
    const preview = await read(
      { credentials: [wants('a'), wants('b')] },
      { spoil: { transaction_data: [data] } },
    )
    await phone.holder.present(preview)
    const approving = Object.values(verifier.answers[0]?.keyBindings ?? {}).filter(
      (binding) => 'transaction_data_hashes' in binding,
    )
    expect(approving).toHaveLength(1)
  })

  test('choose the alternative that can approve them', async () => {
    const query = {
      credentials: [wants('a'), wants('b')],
      credential_sets: [{ options: [['a'], ['b']] }],
    }
    const preview = await read(query, { spoil: { transaction_data: [fee(['b'])] } })
    expect(Object.keys(preview.choice)).toContain('b')
    await expect(
      phone.holder.present(preview, { a: preview.queries[0]!.candidates[0]!.credentialId }),
    ).rejects.toMatchObject({ code: 'choice_invalid', shared: false })
    expect(await phone.holder.present(preview)).toMatchObject({ outcome: 'accepted' })
  })

  test.each<[string, () => unknown[]]>([
    ['of a type that the city does not know', () => [btoa('{"type":"other","credential_ids":["card"]}')]],
    ['with a field of another kind', () => [fee(['card'], 'much')]],
    ['for a query that is not there', () => [fee(['other'])]],
    ['of which only one is known', () => [fee(['card']), btoa('{"type":"other"}')]],
    ['that cannot be read', () => ['%%']],
  ])('%s make the whole request void', async (_what, data) => {
    await expect(
      read({ credentials: [wants('card')] }, { spoil: { transaction_data: data() } }),
    ).rejects.toMatchObject({ code: 'request_unsupported' })
  })
})

describe('the answer', () => {
  test('is encrypted with A256GCM where the verifier takes it, and names the key', async () => {
    await phone.holder.present(await read({ credentials: [wants('card')] }, { enc: ['A128GCM', 'A256GCM'] }))
    expect(verifier.answers[0]?.jwe).toMatchObject({
      alg: 'ECDH-ES',
      enc: 'A256GCM',
      kid: expect.any(String),
    })
  })

  test('goes to the key that can be used, whatever stands before it', async () => {
    const otherKeys = [
      { kty: 'AKP', alg: 'ML-KEM-9999', pub: 'AAAA', kid: '1', use: 'enc' },
      { kty: 'made-up', kid: '2' },
      { kty: 'EC', crv: 'P-256', x: 'AAAA', y: 'AAAA', kid: '3', alg: 'ECDH-ES' },
      { kty: 'EC', crv: 'P-256', x: 'AAAA', y: 'AAAA', kid: '4', use: 'sig' },
    ]
    await phone.holder.present(await read({ credentials: [wants('card')] }, { otherKeys }))
    expect(verifier.answers[0]?.verdicts['card']?.ok).toBe(true)
  })

  test('gives where the browser goes next, also when it is a refusal or a no', async () => {
    verifier.reply = { status: 400, body: { error: 'invalid', redirect_uri: 'https://library.example/no' } }
    const preview = await read({ credentials: [wants('card')] }, {})
    expect(await phone.holder.present(preview)).toEqual({
      outcome: 'refused',
      code: 'invalid',
      redirectUri: 'https://library.example/no',
    })
    verifier.reply = { body: { redirect_uri: 'https://library.example/bye' } }
    expect(await phone.holder.decline(await read({ credentials: [wants('card')] }))).toEqual({
      redirectUri: 'https://library.example/bye',
    })
  })

  test('says on which device it was asked, as the host knows', async () => {
    const link = await verifier.ask({ credentials: [wants('card')] })
    expect((await phone.holder.readRequest(link, { sameDevice: true })).sameDevice).toBe(true)
    expect((await phone.holder.readRequest(link)).sameDevice).toBe(false)
  })
})
