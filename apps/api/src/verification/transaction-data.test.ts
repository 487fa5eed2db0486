import { transactionDataHashes } from '@pass/credentials'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { attemptsAt, openDesk, PASSED } from './testing/attempts.ts'
import type { Desk } from './testing/desk.ts'
import {
  type Answer,
  ask,
  encrypt,
  fetchRequest,
  type Held,
  type Issuer,
  type PresentOptions,
  post,
  present,
  type RequestObject,
  rebind,
  result,
} from './testing/wallet.ts'

const FEE = {
  type: 'kr.incheon.pass.fee',
  payee: { ko: '연수도서관', en: 'Yeonsu Library' },
  amount: 12_000,
  reference: 'loan-1',
}

describe('a transaction to be confirmed', () => {
  let desk: Desk
  let issuer: Issuer
  beforeAll(async () => {
    ;({ desk, issuer } = await openDesk('embedded'))
  })
  afterAll(() => desk?.stop())
  const { anchored } = attemptsAt(() => ({ desk, issuer }))
  const meta = () => ({ vct_values: [`${desk.url}/credential-types/resident`] })
  const dcql = (...ids: string[]) => ({
    credentials: ids.map((id) => ({ id, format: 'dc+sd-jwt', meta: meta() })),
  })
  const asking = (ids: string[], ...transactionData: object[]) =>
    ask(desk, { dcql: dcql(...ids), transactionData })
  const askedIn = (request: RequestObject) => request['transaction_data'] as string[]

  async function answer(
    request: RequestObject,
    presentations: Record<string, [Held, PresentOptions?]>,
  ): Promise<Answer> {
    const vp_token: Record<string, string[]> = {}
    for (const [query, [held, options]] of Object.entries(presentations))
      vp_token[query] = [await present(desk, request, held, { paths: [], ...options })]
    return post(desk, request.response_uri, {
      response: await encrypt(request, { vp_token, state: request.state }),
    })
  }
  const MISMATCH = { status: 400, body: { error: 'invalid_presentation', code: 'transaction_data_mismatch' } }

  it('stands in the request as it was asked, and confirmed in the result', async () => {
    const asked = await asking(['card'], { ...FEE, credential_ids: ['card'] })
    const request = await fetchRequest(desk, asked)
    const [encoded = ''] = askedIn(request)
    expect(JSON.parse(Buffer.from(encoded, 'base64url').toString())).toEqual({
      ...FEE,
      credential_ids: ['card'],
      transaction_data_hashes_alg: ['sha-256'],
    })
    expect((await answer(request, { card: [await anchored(), { transactionData: [encoded] }] })).status).toBe(
      200,
    )
    const { checks, state, transactions } = await result(desk, asked)
    expect(state).toBe('accepted')
    expect(checks.map(({ check }) => check)).toEqual([...PASSED, 'transaction_data'])
    expect(checks.at(-1)).toEqual({ credential: 'card', check: 'transaction_data', result: 'passed' })
    expect(transactions).toEqual([
      {
        type: FEE.type,
        text: {
          ko: '연수도서관에 12,000원을 내는 데 동의해요.',
          en: 'I agree to pay 12,000 won to Yeonsu Library.',
        },
      },
    ])
  })

  it('is no check and no member where none was asked', async () => {
    const asked = await ask(desk, { dcql: dcql('card') })
    const request = await fetchRequest(desk, asked)
    expect(request).not.toHaveProperty('transaction_data')
    await answer(request, { card: [await anchored()] })
    const { checks, transactions } = await result(desk, asked)
    expect([checks.map(({ check }) => check), transactions]).toEqual([PASSED, []])
  })

  it.each<[string, (encoded: string) => PresentOptions]>([
    ['nothing', () => ({})],
    ['something else', () => ({ transactionData: ['eyJ0eXBlIjoiYSJ9'] })],
    ['it and something else', (encoded) => ({ transactionData: [encoded, 'eyJ0eXBlIjoiYSJ9'] })],
    ['it twice', (encoded) => ({ transactionData: [encoded, encoded] })],
    [
      'it, hashed after decoding',
      (encoded) => ({
        extra: {
          ...claims(transactionDataHashes([Buffer.from(encoded, 'base64url').toString()])),
        },
      }),
    ],
    [
      'it, without the name of the hash',
      (encoded) => ({ extra: claims(transactionDataHashes([encoded]), '') }),
    ],
    ['it, by another hash', (encoded) => ({ extra: claims(transactionDataHashes([encoded]), 'sha-512') })],
    ['text instead of a list', (encoded) => ({ extra: claims(transactionDataHashes([encoded])[0]) })],
    ['an empty list', () => ({ extra: claims([]) })],
    ['a list of something else', () => ({ extra: claims([7, null]) })],
  ])('is refused when the wallet confirms %s', async (_, options) => {
    const asked = await asking(['card'], { ...FEE, credential_ids: ['card'] })
    const request = await fetchRequest(desk, asked)
    const held = await anchored()
    const { extra, ...rest } = options(askedIn(request)[0] ?? '')
    const given = extra
      ? await rebind(held, await present(desk, request, held, { paths: [] }), extra)
      : undefined
    const answered = given
      ? await post(desk, request.response_uri, {
          response: await encrypt(request, { vp_token: { card: [given] }, state: request.state }),
        })
      : await answer(request, { card: [held, rest] })
    expect(answered).toMatchObject(MISMATCH)
    const verdict = await result(desk, asked)
    expect(verdict).toMatchObject({ state: 'refused', refusal: 'transaction_data_mismatch', claims: null })
    expect(verdict.checks.filter(({ result }) => result === 'failed')).toEqual([
      { credential: 'card', check: 'transaction_data', result: 'failed', code: 'transaction_data_mismatch' },
    ])
  })

  describe('by one of several cards', () => {
    const two = async () => {
      const asked = await asking(['a', 'b'], { ...FEE, credential_ids: ['a', 'b'] })
      const request = await fetchRequest(desk, asked)
      return { asked, request, transactionData: askedIn(request) }
    }

    it('is confirmed by either', async () => {
      for (const by of ['a', 'b']) {
        const { asked, request, transactionData } = await two()
        const other = by === 'a' ? 'b' : 'a'
        await answer(request, { [by]: [await anchored(), { transactionData }], [other]: [await anchored()] })
        const { state, checks } = await result(desk, asked)
        expect(state).toBe('accepted')
        expect(checks.filter(({ check }) => check === 'transaction_data')).toEqual([
          { credential: by, check: 'transaction_data', result: 'passed' },
        ])
      }
    })

    it('is not confirmed by both', async () => {
      const { request, transactionData } = await two()
      const shown = async (): Promise<[Held, PresentOptions]> => [await anchored(), { transactionData }]
      expect(await answer(request, { a: await shown(), b: await shown() })).toMatchObject(MISMATCH)
    })

    it('is not confirmed by a card that it does not name', async () => {
      const asked = await asking(['a', 'b'], { ...FEE, credential_ids: ['a'] })
      const request = await fetchRequest(desk, asked)
      const transactionData = askedIn(request)
      expect(
        await answer(request, { a: [await anchored()], b: [await anchored(), { transactionData }] }),
      ).toMatchObject(MISMATCH)
    })

    it('is one of several transactions, each with its own card', async () => {
      const asked = await asking(
        ['a', 'b'],
        { ...FEE, credential_ids: ['a'] },
        { ...FEE, reference: 'loan-2', credential_ids: ['b'] },
      )
      const request = await fetchRequest(desk, asked)
      const [first = '', second = ''] = askedIn(request)
      const shown = async (one: string): Promise<[Held, PresentOptions]> => [
        await anchored(),
        { transactionData: [one] },
      ]
      expect((await answer(request, { a: await shown(first), b: await shown(second) })).status).toBe(200)
      expect((await result(desk, asked)).transactions).toHaveLength(2)
    })
  })

  it.each([
    ['of an unknown type', { ...FEE, type: 'com.example.sale' }],
    ['with an unknown field', { ...FEE, discount: 1 }],
    ['without a field', { ...FEE, amount: undefined }],
    ['with a field of another kind', { ...FEE, amount: '12000' }],
    ['for a card that is not asked for', { ...FEE, credential_ids: ['other'] }],
    ['for no card', { ...FEE, credential_ids: [] }],
  ])('is not asked %s', async (_, content) => {
    const body = { dcql: dcql('card'), transactionData: [{ credential_ids: ['card'], ...content }] }
    const response = await desk.post('/api/verifications', body, 'library')
    expect([response.status, await response.json()]).toMatchObject([400, { code: 'bad_request' }])
  })

  it('is of a type that every wallet can look up', async () => {
    const trust = (await (await desk.get('/api/trust')).json()) as { transactionTypes: { id: string }[] }
    expect(trust.transactionTypes.map(({ id }) => id)).toContain(FEE.type)
  })
})

const claims = (
  transaction_data_hashes: unknown,
  transaction_data_hashes_alg: string | undefined = 'sha-256',
) => ({
  transaction_data_hashes,
  transaction_data_hashes_alg,
})
