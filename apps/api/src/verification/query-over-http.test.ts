import { authorityKeyIdsOf } from '@pass/credentials'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { attemptsAt, openDesk } from './testing/attempts.ts'
import type { Desk } from './testing/desk.ts'
import {
  ask,
  encrypt,
  fetchRequest,
  type Held,
  type Issuer,
  makeIssuer,
  post,
  present,
  result,
} from './testing/wallet.ts'

/** What DCQL can ask (OpenID4VP 1.0 section 6), from the verifier's request to its result. */
describe('a query of the verifier’s own', () => {
  let desk: Desk
  let issuer: Issuer
  let families: Issuer
  beforeAll(async () => {
    ;({ desk, issuer } = await openDesk('embedded'))
    families = await makeIssuer(desk, 'families', ['multi-child-family'])
  })
  afterAll(() => desk?.stop())
  const { anchored } = attemptsAt(() => ({ desk, issuer }))

  const query = (id: string, type: string, more: object = {}) => ({
    id,
    format: 'dc+sd-jwt',
    meta: { vct_values: [`${desk.url}/credential-types/${type}`] },
    ...more,
  })
  const family = () => anchored({ type: 'multi-child-family' }, families)

  async function run(dcql: object, shown: Record<string, [Held, (string | null)[][]]>) {
    const asked = await ask(desk, { dcql })
    const request = await fetchRequest(desk, asked)
    expect(request['dcql_query']).toEqual(dcql)
    const vp_token: Record<string, string[]> = {}
    for (const [id, [held, paths]] of Object.entries(shown))
      vp_token[id] = [await present(desk, request, held, { paths })]
    const response = await encrypt(request, { vp_token, state: request.state })
    const { body } = await post(desk, request.response_uri, { response })
    return { code: body['code'], ...(await result(desk, asked)) }
  }

  it('takes several credentials in one answer, each judged by itself', async () => {
    const dcql = {
      credentials: [
        query('card', 'resident', { claims: [{ path: ['district_code'] }] }),
        query('family', 'multi-child-family', { claims: [{ path: ['name_ko'] }] }),
      ],
    }
    const both = await run(dcql, {
      card: [await anchored(), [['district_code']]],
      family: [await family(), [['name_ko']]],
    })
    expect(both.claims).toEqual({ card: { district_code: '28185' }, family: { name_ko: '김시민' } })
    expect(both.checks.filter(({ result }) => result === 'passed')).toHaveLength(16)
    expect(await run(dcql, { card: [await anchored(), [['district_code']]] })).toMatchObject({
      code: 'missing_disclosure',
      state: 'refused',
    })
    const swapped = await run(dcql, {
      card: [await family(), [['district_code']]],
      family: [await anchored(), [['name_ko']]],
    })
    expect(swapped.code).toBe('wrong_type')
  })

  it('takes one of the alternatives of a set, and lets a set that is not required be', async () => {
    const dcql = {
      credentials: [
        query('card', 'resident'),
        query('family', 'multi-child-family'),
        query('more', 'resident'),
      ],
      credential_sets: [{ options: [['card'], ['family']] }, { options: [['more']], required: false }],
    }
    expect((await run(dcql, { family: [await family(), []] })).state).toBe('accepted')
    expect((await run(dcql, { card: [await anchored(), []], more: [await anchored(), []] })).state).toBe(
      'accepted',
    )
    expect((await run(dcql, { more: [await anchored(), []] })).code).toBe('missing_disclosure')
  })

  it('takes the claims of one claim set', async () => {
    const claims = [
      { id: 'flag', path: ['age_equal_or_over', '19'], values: [true] },
      { id: 'birth', path: ['birth_date'] },
    ]
    const dcql = { credentials: [query('card', 'resident', { claims, claim_sets: [['flag'], ['birth']] })] }
    expect((await run(dcql, { card: [await anchored(), [['birth_date']]] })).claims).toEqual({
      card: { birth_date: '1990-01-01' },
    })
    expect((await run(dcql, { card: [await anchored(), [['name_ko']]] })).code).toBe('missing_disclosure')
  })

  it('with values believes no wallet that shows another', async () => {
    const claims = [{ path: ['district_code'], values: ['28110', '28140'] }]
    const dcql = { credentials: [query('card', 'resident', { claims })] }
    expect((await run(dcql, { card: [await anchored(), [['district_code']]] })).code).toBe('claim_mismatch')
  })

  it('takes credentials of the authorities that it names, and of no other', async () => {
    const [aki = ''] = authorityKeyIdsOf(issuer.x5c)
    expect(aki).toMatch(/^[\w-]{27}$/)
    const asking = (...values: string[]) => ({
      credentials: [query('card', 'resident', { trusted_authorities: [{ type: 'aki', values }] })],
    })
    expect((await run(asking('AAAA', aki), { card: [await anchored(), []] })).state).toBe('accepted')
    const refused = await run(asking('AAAA'), { card: [await anchored(), []] })
    expect(refused).toMatchObject({
      code: 'authority_mismatch',
      state: 'refused',
      refusal: 'authority_mismatch',
    })
    expect(refused.checks).toContainEqual({
      credential: 'card',
      check: 'disclosures',
      result: 'failed',
      code: 'authority_mismatch',
    })
  })

  it.each<[string, object]>([
    ['several of a kind', { multiple: true }],
    [
      'an authority that it cannot check',
      { trusted_authorities: [{ type: 'etsi_tl', values: ['https://x.example'] }] },
    ],
    ['claim sets and no claims', { claim_sets: [['a']] }],
    ['no holder binding', { require_cryptographic_holder_binding: false }],
  ])('does not ask for %s', async (_, more) => {
    const body = { dcql: { credentials: [query('card', 'resident', more)] } }
    const response = await desk.post('/api/verifications', body, 'library')
    expect([response.status, await response.json()]).toMatchObject([400, { code: 'bad_request' }])
  })
})
