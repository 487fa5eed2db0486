import { describe, expect, it } from 'vitest'
import { encodeBase64urlText } from '../encoding/base64url.ts'
import { readCityFile } from '../testing/city.ts'
import { encodeTransactionData, readTransactionData } from './transaction-data.ts'
import { transactionTypeSchema } from './transaction-type.ts'

const TYPES = transactionTypeSchema.array().parse(readCityFile('transaction-types.json'))
const FEE = {
  type: 'kr.incheon.pass.fee',
  credential_ids: ['resident'],
  payee: { ko: '연수도서관', en: 'Yeonsu Library' },
  amount: 12_000,
  reference: 'loan/2026-11',
}
const read = (content: unknown, queries = ['resident']) =>
  readTransactionData(encodeBase64urlText(JSON.stringify(content)), TYPES, queries)
const refused = { code: 'invalid_transaction_data' }

describe('transaction data', () => {
  it('say in both languages what the citizen confirms', () => {
    expect(readTransactionData(encodeTransactionData(FEE, TYPES, ['resident']), TYPES, ['resident'])).toEqual(
      {
        type: FEE.type,
        credentialIds: ['resident'],
        text: {
          ko: '연수도서관에 12,000원을 내는 데 동의해요.',
          en: 'I agree to pay 12,000 won to Yeonsu Library.',
        },
        fields: { payee: FEE.payee, amount: 12_000, reference: 'loan/2026-11' },
      },
    )
  })

  it('with a statement of the verifier are shown as it stands', () => {
    const statement = { ko: '{amount}은 그대로예요', en: '{amount} stays' }
    const content = {
      type: 'kr.incheon.pass.confirmation',
      credential_ids: ['resident'],
      reference: 'a',
      statement,
    }
    expect(read(content).text).toEqual(statement)
  })

  // Section 8.5, `invalid_transaction_data`: each reason by itself.
  it.each<[string, unknown]>([
    ['an unknown type', { ...FEE, type: 'kr.incheon.pass.nothing' }],
    ['no type', { ...FEE, type: undefined }],
    ['an unknown field', { ...FEE, extra: 1 }],
    ['a field of another type', { ...FEE, amount: '12000' }],
    ['a field with an impossible value', { ...FEE, amount: -1 }],
    ['a text in one language', { ...FEE, payee: { ko: '연수도서관' } }],
    ['a missing field', { ...FEE, reference: undefined }],
    ['a credential that is not asked for', { ...FEE, credential_ids: ['other'] }],
    ['no credential', { ...FEE, credential_ids: [] }],
    ['a hash that is not known', { ...FEE, transaction_data_hashes_alg: ['sha-512'] }],
    ['no object', [FEE]],
  ])('with %s are refused', (_, content) => {
    expect(() => read(content)).toThrow(expect.objectContaining(refused))
  })

  it.each([[7], ['!!'], [''], ['x'.repeat(9000)], [encodeBase64urlText('{"type":"a","type":"b"}')]])(
    'that cannot be read are refused: %j',
    (encoded) => {
      expect(() => readTransactionData(encoded, TYPES, ['resident'])).toThrow(
        expect.objectContaining(refused),
      )
    },
  )
})

describe('a type of transaction', () => {
  it.each([
    ['names a field in its sentence that it does not have', { sentence: { ko: '{sum}', en: 'x' } }],
    ['uses a name of the protocol', { fields: { credential_ids: 'text' } }],
    ['has a field of an unknown kind', { fields: { amount: 'euro' } }],
    ['has a name that others could have too', { id: 'fee' }],
  ])('that %s is refused', (_, change) => {
    expect(transactionTypeSchema.safeParse({ ...TYPES[0], ...change }).success).toBe(false)
  })
})
