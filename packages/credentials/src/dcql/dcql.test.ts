import { DcqlPresentationResult, DcqlQuery as PeerQuery } from 'dcql'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../encoding/strict-json.ts'
import { CredentialError } from '../error.ts'
import { cityType, RECORD, readCityFile, TODAY, vctOf } from '../testing/city.ts'
import { claimsFor } from '../types/claims-for.ts'
import { buildDcql } from './build-dcql.ts'
import { matchDcql } from './match-dcql.ts'
import { type DcqlCredentialQuery, type DcqlQuery, parseDcqlQuery } from './query.ts'
import { assertQueriesAnswered, satisfyCredentialQuery } from './satisfies-dcql.ts'
import { parseVerificationTemplate } from './template.ts'

const template = (id: string) => parseVerificationTemplate(readCityFile(`templates/${id}.json`), `${id}.json`)
const { claims } = claimsFor(cityType('resident'), RECORD, TODAY)
const held = { id: 'card', vct: vctOf('resident'), claims }
const AKI = { trusted_authorities: [{ type: 'aki' as const, values: ['s9tIpPmhxdiuNkHMEWNpYim8S8Y'] }] }
const first = (query: DcqlQuery): DcqlCredentialQuery => query.credentials[0]!
const codeOf = (run: () => unknown): string => {
  try {
    run()
  } catch (error) {
    if (error instanceof CredentialError) return error.code
    throw error
  }
  return 'ok'
}

describe("the city's templates", () => {
  it.each([
    ['age-19', {}, [['age_equal_or_over', '19']]],
    ['age-65', {}, [['age_equal_or_over', '65']]],
    ['resident-of-district', { district: '28185' }, [['district_code'], ['district_name']]],
    ['identity', {}, [['name_ko'], ['birth_date'], ['district_name'], ['neighbourhood_name']]],
  ])('%s asks for these claims and no other', (id, params, paths) => {
    const query = buildDcql(template(id), params, vctOf)
    expect(first(query).meta.vct_values).toEqual([vctOf('resident')])
    expect(first(query).claims?.map(({ path }) => path)).toEqual(paths)
  })

  it('are answered from the wallet by exactly that', () => {
    const match = matchDcql(buildDcql(template('resident-of-district'), { district: '28185' }, vctOf), [held])
    expect(match).toMatchObject({
      satisfiable: true,
      answer: ['resident'],
      queries: [
        {
          query: 'resident',
          candidates: [{ credential: 'card', paths: [['district_code'], ['district_name']] }],
        },
      ],
    })
  })

  it('are not answered by someone for whom the fact is not true', () => {
    expect(matchDcql(buildDcql(template('age-65'), {}, vctOf), [held])).toMatchObject({
      satisfiable: false,
      queries: [{ candidates: [], lacking: 'claims' }],
    })
    expect(matchDcql(buildDcql(template('age-65'), {}, vctOf), [])).toMatchObject({
      satisfiable: false,
      queries: [{ candidates: [], lacking: 'type' }],
    })
  })

  it.each([
    ['a missing parameter', {}],
    ['an unknown one', { district: '28185', extra: 'x' }],
    ['a list', { district: ['28185'] }],
    ['something that is no code', { district: '$type:resident' }],
    ['a district that is not of the city', { district: '11110' }],
    ['an inherited name', JSON.parse('{"__proto__": {"district": "28185"}}')],
  ])('are not built with %s', (_, params) => {
    const build = () => buildDcql(template('resident-of-district'), params, vctOf, { district: ['28185'] })
    expect(codeOf(build)).toBe('invalid_parameter')
  })

  it('with a faulty file are refused by a sentence that says where', () => {
    const file = readCityFile('templates/age-19.json') as Record<string, unknown>
    expect(() => parseVerificationTemplate({ ...file, anchor: 'maybe' }, 'age-19.json')).toThrow(
      'age-19.json: anchor: anchor is "accept" or "refuse"',
    )
    const dcql = { credentials: [{ id: 'a', format: 'mso_mdoc', meta: { vct_values: ['$type:resident'] } }] }
    expect(() => buildDcql(template('age-19'), {}, vctOf)).not.toThrow()
    expect(codeOf(() => buildDcql({ ...template('age-19'), dcql }, {}, vctOf))).toBe('invalid_template')
    const unknown = { credentials: [{ id: 'a', format: 'dc+sd-jwt', meta: { vct_values: ['$param:nope'] } }] }
    expect(codeOf(() => buildDcql({ ...template('age-19'), dcql: unknown }, {}, vctOf))).toBe(
      'invalid_template',
    )
  })
})

describe('an answer', () => {
  const adult = first(buildDcql(template('age-19'), {}, vctOf))
  const shown = (claims: JsonObject, vct = vctOf('resident')) =>
    satisfyCredentialQuery(adult, { vct, claims })

  it('gives the verifier what was asked and nothing else, however much was shown', () => {
    expect(shown(claims)).toEqual({ age_equal_or_over: { '19': true } })
  })

  it.each([
    [
      'from another authority',
      () => satisfyCredentialQuery({ ...adult, ...AKI }, held),
      'authority_mismatch',
    ],
    ['of another type', () => shown(claims, vctOf('veteran')), 'wrong_type'],
    ['without the claim', () => shown({ name_ko: '김하늘' }), 'missing_disclosure'],
    ['with another flag', () => shown({ age_equal_or_over: { '14': true } }), 'missing_disclosure'],
    ['with the fact denied', () => shown({ age_equal_or_over: { '19': false } }), 'claim_mismatch'],
    [
      'with a value that only looks alike',
      () => shown({ age_equal_or_over: { '19': 'true' } }),
      'claim_mismatch',
    ],
  ])('%s is refused by its own code', (_, run, code) => {
    expect(codeOf(run)).toBe(code)
  })

  it('may take any of the claim sets, the first that is there', () => {
    const query = first(
      parseDcqlQuery({
        credentials: [
          {
            id: 'a',
            format: 'dc+sd-jwt',
            meta: { vct_values: ['v'] },
            claims: [
              { id: 'code', path: ['code'] },
              { id: 'name', path: ['name'] },
            ],
            claim_sets: [['code'], ['name']],
          },
        ],
      }),
    )
    expect(satisfyCredentialQuery(query, { vct: 'v', claims: { code: 1, name: 'x' } })).toEqual({ code: 1 })
    expect(satisfyCredentialQuery(query, { vct: 'v', claims: { name: 'x' } })).toEqual({ name: 'x' })
    expect(codeOf(() => satisfyCredentialQuery(query, { vct: 'v', claims: {} }))).toBe('missing_disclosure')
  })

  it('to several queries has to hold those required, and none not asked for', () => {
    const credentials = ['a', 'b', 'c'].map((id) => ({
      id,
      format: 'dc+sd-jwt',
      meta: { vct_values: ['v'] },
    }))
    const all = parseDcqlQuery({ credentials })
    expect(codeOf(() => assertQueriesAnswered(all, ['a', 'b', 'c']))).toBe('ok')
    expect(codeOf(() => assertQueriesAnswered(all, ['a', 'b']))).toBe('missing_disclosure')
    expect(codeOf(() => assertQueriesAnswered(all, ['a', 'b', 'c', 'd']))).toBe('malformed_response')
    const sets = [{ options: [['a'], ['b']] }, { options: [['c']], required: false }]
    const some = parseDcqlQuery({ credentials, credential_sets: sets })
    expect(codeOf(() => assertQueriesAnswered(some, ['b']))).toBe('ok')
    expect(codeOf(() => assertQueriesAnswered(some, ['c']))).toBe('missing_disclosure')
  })

  it("agrees with the dcql library's judgement on any claims", () => {
    // Not for an empty array: selecting none of it is an error (section 7.1.1), which the library lets pass.
    const scalar = fc.constantFrom<unknown>(true, false, 1, 'x', '28185')
    const claimsOf = fc.dictionary(
      fc.constantFrom('a', 'b', 'list'),
      fc.oneof(scalar, fc.array(fc.record({ a: scalar }), { minLength: 1 }), fc.record({ a: scalar })),
    )
    const path = fc.constantFrom<Array<string | null>>(['a'], ['b'], ['b', 'a'], ['list', null, 'a'])
    const claim = fc.record({
      path,
      values: fc.option(
        fc.array(fc.constantFrom<string | number | boolean>(true, 1, 'x'), { minLength: 1 }),
        { nil: undefined },
      ),
    })
    fc.assert(
      fc.property(
        claimsOf,
        fc.uniqueArray(claim, { minLength: 1, maxLength: 3, selector: ({ path }) => path.join() }),
        (generated, asked) => {
          const disclosed = JSON.parse(JSON.stringify(generated))
          const query = {
            credentials: [
              { id: 'q', format: 'dc+sd-jwt' as const, meta: { vct_values: ['v'] }, claims: asked },
            ],
          }
          const ours = codeOf(() =>
            satisfyCredentialQuery(first(parseDcqlQuery(query)), { vct: 'v', claims: disclosed }),
          )
          const presentation = {
            credential_format: 'dc+sd-jwt' as const,
            vct: 'v',
            claims: disclosed,
            cryptographic_holder_binding: true,
          }
          const dcqlQuery = PeerQuery.parse(query as PeerQuery.Input)
          const theirs = DcqlPresentationResult.fromDcqlPresentation({ q: [presentation] }, { dcqlQuery })
          expect(ours === 'ok').toBe(theirs.can_be_satisfied)
        },
      ),
      { numRuns: 300 },
    )
  })
})

describe('a free query', () => {
  const authority = (type: string, values: unknown[]) => ({ trusted_authorities: [{ type, values }] })
  const query = { id: 'a', format: 'dc+sd-jwt', meta: { vct_values: ['v'] } }
  it.each([
    ['of another format', { credentials: [{ ...query, format: 'mso_mdoc' }] }],
    ['without a type', { credentials: [{ ...query, meta: {} }] }],
    ['without holder binding', { credentials: [{ ...query, require_cryptographic_holder_binding: false }] }],
    ['with one id twice', { credentials: [query, query] }],
    [
      'with an unknown claim in a set',
      { credentials: [{ ...query, claims: [{ id: 'x', path: ['x'] }], claim_sets: [['y']] }] },
    ],
    ['with an unknown query in a set', { credentials: [query], credential_sets: [{ options: [['b']] }] }],
    ['with claim sets and no claims', { credentials: [{ ...query, claim_sets: [['x']] }] }],
    [
      'with claim sets and a claim without an id',
      {
        credentials: [{ ...query, claims: [{ id: 'x', path: ['x'] }, { path: ['y'] }], claim_sets: [['x']] }],
      },
    ],
    [
      'with a claim that no set asks for',
      {
        credentials: [
          {
            ...query,
            claims: [
              { id: 'x', path: ['x'] },
              { id: 'y', path: ['y'] },
            ],
            claim_sets: [['x']],
          },
        ],
      },
    ],
    ['with one claim twice', { credentials: [{ ...query, claims: [{ path: ['x'] }, { path: ['x'] }] }] }],
    ['for several of a kind', { credentials: [{ ...query, multiple: true }] }],
    [
      'with an authority that nobody can check',
      { credentials: [{ ...query, ...authority('etsi_tl', ['https://x.example']) }] },
    ],
    ['with an authority of no name', { credentials: [{ ...query, ...authority('aki', []) }] }],
    [
      'with an authority that is no base64url',
      { credentials: [{ ...query, ...authority('aki', ['a+b=']) }] },
    ],
    ['with an authority that is a number', { credentials: [{ ...query, ...authority('aki', [7]) }] }],
    ['with an empty list of authorities', { credentials: [{ ...query, trusted_authorities: [] }] }],
    ['with a number in a path', { credentials: [{ ...query, claims: [{ path: ['list', 0] }] }] }],
    ['with an empty path', { credentials: [{ ...query, claims: [{ path: [] }] }] }],
    [
      'with too many credentials',
      { credentials: Array.from({ length: 11 }, (_, i) => ({ ...query, id: `q${i}` })) },
    ],
    ['that is empty', { credentials: [] }],
    ['that is none', null],
  ])('%s is refused', (_, content) => {
    expect(codeOf(() => parseDcqlQuery(content))).toBe('invalid_query')
  })

  it('that a wallet cannot understand is refused there too', () => {
    for (const content of [
      null,
      {},
      { credentials: [] },
      { credentials: [query, query] },
      { credentials: [{ ...query, meta: {} }] },
      { credentials: [{ ...query, id: 'a b' }] },
      { credentials: [{ ...query, claims: [] }] },
      { credentials: [{ ...query, claims: [{ path: [1.5] }] }] },
      { credentials: [{ ...query, claims: [{ path: ['x'], values: [null] }] }] },
      { credentials: [{ ...query, claim_sets: [['x']] }] },
      { credentials: [{ ...query, trusted_authorities: [{ type: 'aki', values: [7] }] }] },
      { credentials: [query], credential_sets: [] },
      { credentials: [query], credential_sets: [{ options: [['b']] }] },
    ]) {
      expect(codeOf(() => matchDcql(content, [held]))).toBe('invalid_query')
    }
  })

  it('is answered from several cards, in the order they are held, with the first option that can be', () => {
    const family = { id: 'family', vct: vctOf('multi-child-family'), claims: { name_ko: '김하늘' } }
    const queries = ['veteran', 'multi-child-family', 'resident'].map((id) => ({
      id,
      format: 'dc+sd-jwt',
      meta: { vct_values: [vctOf(id)] },
      claims: [{ path: ['name_ko'] }],
    }))
    const sets = [
      { options: [['veteran'], ['multi-child-family']] },
      { options: [['resident']], required: false },
    ]
    const match = matchDcql({ credentials: queries, credential_sets: sets }, [held, family])
    expect(match).toMatchObject({ satisfiable: true, answer: ['multi-child-family'] })
    expect(match.queries.map(({ candidates }) => candidates.map(({ credential }) => credential))).toEqual([
      [],
      ['family'],
      ['card'],
    ])
    const twice = matchDcql({ credentials: [queries[2]] }, [held, { ...held, id: 'copy' }])
    expect(twice.queries[0]?.candidates.map(({ credential }) => credential)).toEqual(['card', 'copy'])
  })
})

describe('a wallet', () => {
  const card = {
    id: 'card',
    vct: 'v',
    claims: { code: '28185', name: '김하늘' },
    authorityKeyIds: ['AAAA', 'BBBB'],
  }
  const query = { id: 'a', format: 'dc+sd-jwt', meta: { vct_values: ['v'] } }
  const authorities = (...trusted_authorities: object[]) => ({
    credentials: [{ ...query, trusted_authorities }],
  })

  it('shows only cards of an authority that is accepted, by any one of the conditions', () => {
    const aki = (...values: string[]) => ({ type: 'aki', values })
    expect(matchDcql(authorities(aki('CCCC', 'BBBB')), [card])).toMatchObject({ satisfiable: true })
    expect(matchDcql(authorities(aki('CCCC'), aki('AAAA')), [card])).toMatchObject({ satisfiable: true })
    const none = { satisfiable: false, queries: [{ candidates: [], lacking: 'authority' }] }
    expect(matchDcql(authorities(aki('CCCC')), [card])).toMatchObject(none)
    const { authorityKeyIds: _, ...unnamed } = card
    expect(matchDcql(authorities(aki('AAAA')), [unnamed])).toMatchObject(none)
    // A list that would have to be fetched, and a kind that is not known: neither matches, and neither is an error.
    for (const type of ['etsi_tl', 'openid_federation', 'something_new'])
      expect(matchDcql(authorities({ type, values: ['AAAA'] }), [card])).toMatchObject(none)
    expect(matchDcql(authorities({ type: 'new', values: ['x'] }, aki('AAAA')), [card]).satisfiable).toBe(true)
  })

  it('ignores members that it does not know, and answers no other format', () => {
    const asked = { credentials: [{ ...query, extra: 1, meta: { ...query.meta, more: 2 } }], future: {} }
    expect(matchDcql(asked, [card]).satisfiable).toBe(true)
    const mdoc = {
      id: 'm',
      format: 'mso_mdoc',
      meta: { doctype_value: 'v' },
      claims: [{ path: ['ns', 'x'] }],
    }
    const sets = [{ options: [['m'], ['a']] }]
    expect(matchDcql({ credentials: [mdoc, query], credential_sets: sets }, [card])).toMatchObject({
      satisfiable: true,
      answer: ['a'],
      queries: [{ query: 'm', candidates: [], lacking: 'type' }, { query: 'a' }],
    })
  })

  it('takes the first claim set that it can answer, and shows that alone', () => {
    const claims = [
      { id: 'age', path: ['age_equal_or_over', '19'], values: [true] },
      { id: 'code', path: ['code'] },
      { id: 'name', path: ['name'] },
    ]
    const asked = (...claim_sets: string[][]) =>
      matchDcql({ credentials: [{ ...query, claims, claim_sets }] }, [card])
    expect(asked(['age'], ['code'], ['name', 'code']).queries[0]?.candidates[0]?.paths).toEqual([['code']])
    expect(asked(['age'], ['name', 'code']).queries[0]?.candidates[0]?.paths).toEqual([['code'], ['name']])
    expect(asked(['age']).queries[0]).toMatchObject({ candidates: [], lacking: 'claims' })
  })

  it('of several elements shows those with a value that is asked for', () => {
    const list = { ...card, claims: { places: [{ code: 'a' }, { code: 'b' }] } }
    const claims = [{ path: ['places', null, 'code'], values: ['b'] }]
    const [candidate] =
      matchDcql({ credentials: [{ ...query, claims }] }, [list]).queries[0]?.candidates ?? []
    expect(candidate?.paths).toEqual([['places', 1, 'code']])
  })

  it('tells which alternatives there are, and which of them it can answer', () => {
    const credentials = ['a', 'b', 'c'].map((id) => ({
      ...query,
      id,
      meta: { vct_values: [id === 'b' ? 'w' : 'v'] },
    }))
    const sets = [{ options: [['a', 'b'], ['c']] }, { options: [['b']], required: false }]
    expect(matchDcql({ credentials, credential_sets: sets }, [card])).toMatchObject({
      satisfiable: true,
      answer: ['c'],
      sets: [
        {
          required: true,
          options: [
            { queries: ['a', 'b'], satisfiable: false },
            { queries: ['c'], satisfiable: true },
          ],
        },
        { required: false, options: [{ queries: ['b'], satisfiable: false }] },
      ],
    })
    expect(matchDcql({ credentials }, [card]).sets).toHaveLength(3)
  })
})
