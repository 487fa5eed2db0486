import { DcqlQuery as PeerQuery } from 'dcql'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import type { JsonObject } from '../encoding/strict-json.ts'
import { CredentialError } from '../error.ts'
import { parseSdJwt } from '../sd-jwt-vc/parse.ts'
import { presentSdJwt } from '../sd-jwt-vc/present.ts'
import { createTestCity, NOW, type TestCity } from '../testing/city.ts'
import { matchDcql } from './match-dcql.ts'
import { type DcqlQuery, parseDcqlQuery } from './query.ts'
import { assertQueriesAnswered, satisfyCredentialQuery } from './satisfies-dcql.ts'

let city: TestCity
beforeAll(async () => {
  city = await createTestCity()
})

const value = fc.constantFrom<string | number | boolean>(true, false, 1, 'x', '28185')
const claimsOf = fc.dictionary(
  fc.constantFrom('a', 'b', 'list'),
  fc.oneof(value, fc.array(fc.record({ a: value }), { maxLength: 3 }), fc.record({ a: value })),
)
const path = fc.constantFrom<Array<string | null>>(['a'], ['b'], ['b', 'a'], ['list', null, 'a'], ['list'])
const values = fc.option(fc.array(value, { minLength: 1, maxLength: 2 }), { nil: undefined })
const authorities = fc.option(
  fc.array(fc.constantFrom('AAAA', 'BBBB', 'CCCC'), { minLength: 1, maxLength: 2 }),
  { nil: undefined },
)
const vct = fc.constantFrom('v', 'w')

const credentialQuery = fc
  .record({
    claims: fc.uniqueArray(fc.record({ path, values }), {
      maxLength: 3,
      selector: (claim) => claim.path.join(),
    }),
    withSets: fc.boolean(),
    order: fc.infiniteStream(fc.nat(7)),
    vct,
    authorities,
  })
  .map(({ claims, withSets, order, vct, authorities }) => {
    const named = claims.map((claim, i) => ({ id: `c${i}`, ...claim }))
    // Each claim in a set of its own behind one set that is drawn: no claim is without a set.
    const drawn = named.filter(() => (order.next().value ?? 0) % 2 === 0).map(({ id }) => id)
    const sets = [...(drawn.length > 0 ? [drawn] : []), ...named.map(({ id }) => [id])]
    return {
      format: 'dc+sd-jwt' as const,
      meta: { vct_values: [vct] },
      ...(named.length === 0 ? {} : { claims: named }),
      ...(named.length > 0 && withSets ? { claim_sets: sets } : {}),
      ...(authorities ? { trusted_authorities: [{ type: 'aki' as const, values: authorities }] } : {}),
    }
  })

const query = fc
  .record({
    credentials: fc.array(credentialQuery, { minLength: 1, maxLength: 3 }),
    sets: fc.option(
      fc.array(
        fc.record({
          options: fc.array(fc.array(fc.nat(2), { minLength: 1, maxLength: 2 }), {
            minLength: 1,
            maxLength: 2,
          }),
          required: fc.boolean(),
        }),
        { minLength: 1, maxLength: 2 },
      ),
      { nil: undefined },
    ),
  })
  .map(({ credentials, sets }) => ({
    credentials: credentials.map((credential, i) => ({ id: `q${i}`, ...credential })),
    ...(sets
      ? {
          credential_sets: sets.map(({ options, required }) => ({
            required,
            options: options.map((ids) => ids.map((i) => `q${i % credentials.length}`)),
          })),
        }
      : {}),
  }))
const held = fc.array(fc.record({ vct, claims: claimsOf, key: fc.constantFrom('AAAA', 'BBBB') }), {
  maxLength: 3,
})

/** Out of JSON, where there is no `undefined`. */
const plain = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T
const satisfies = (
  asked: DcqlQuery['credentials'][number],
  shown: Parameters<typeof satisfyCredentialQuery>[1],
) => {
  try {
    satisfyCredentialQuery(asked, shown)
    return true
  } catch (error) {
    if (error instanceof CredentialError) return false
    throw error
  }
}

describe('the wallet and the verifier', () => {
  it('agree on which cards answer which query, and on the whole', () => {
    fc.assert(
      fc.property(query, held, (asked, cards) => {
        const dcql = parseDcqlQuery(plain(asked))
        const wallet = cards.map(({ vct, claims, key }, i) => ({
          id: String(i),
          vct,
          claims: plain(claims) as JsonObject,
          authorityKeyIds: [key],
        }))
        const match = matchDcql(plain(asked), wallet)
        for (const [i, { candidates }] of match.queries.entries()) {
          const ours = candidates.map(({ credential }) => credential)
          const theirs = wallet.filter((card) => satisfies(dcql.credentials[i]!, card)).map(({ id }) => id)
          expect(ours).toEqual(theirs)
        }
        const answered = () => assertQueriesAnswered(dcql, match.answer)
        const can = match.answer.every((id) =>
          match.queries.some(({ query, candidates }) => query === id && candidates.length > 0),
        )
        expect(match.satisfiable).toBe(
          match.sets.every(
            ({ required, options }) => !required || options.some(({ satisfiable }) => satisfiable),
          ),
        )
        if (match.satisfiable) {
          expect(can).toBe(true)
          expect(answered).not.toThrow()
        }
      }),
      { numRuns: 500 },
    )
  })

  it('agree on what is really shown: what the wallet discloses is enough, and no more than was asked', async () => {
    await fc.assert(
      fc.asyncProperty(credentialQuery, claimsOf, async (asked, generated) => {
        const dcql = parseDcqlQuery(plain({ credentials: [{ id: 'q', ...asked }] }))
        const { trusted_authorities: _, ...free } = dcql.credentials[0]!
        const claims = plain(generated) as JsonObject
        const disclosureFrame = { _sd: Object.keys(claims) }
        const { credential } = await city.issue({ claims, disclosureFrame, vct: free.meta.vct_values[0]! })
        const held = { id: 'card', vct: free.meta.vct_values[0]!, claims: parseSdJwt(credential).claims }
        const [match] = matchDcql({ credentials: [free] }, [held]).queries
        const [candidate] = match?.candidates ?? []
        if (!candidate) return
        const kb = { nonce: 'n', aud: 'a', iat: NOW, sign: city.holder.sign }
        const shown = parseSdJwt(await presentSdJwt(credential, candidate.paths, kb))
        expect(satisfies(free, { vct: held.vct, claims: shown.claims })).toBe(true)
        const asking = new Set((free.claims ?? []).map(({ path }) => path[0]))
        for (const { path } of shown.disclosures) expect(asking.has(String(path[0]))).toBe(true)
      }),
      { numRuns: 60 },
    )
  })

  it("agree with the dcql library's matching of claims and sets", () => {
    fc.assert(
      fc.property(query, held, (asked, cards) => {
        // Selecting none of an empty array is an error (section 7.1.1), which the library lets pass.
        fc.pre(cards.every(({ claims }) => !JSON.stringify(claims).includes('[]')))
        const wallet = cards.map(({ vct, claims, key }, i) => ({
          id: String(i),
          vct,
          claims: plain(claims) as JsonObject,
          authorityKeyIds: [key],
        }))
        const theirs = PeerQuery.query(
          PeerQuery.parse(plain(asked) as PeerQuery.Input),
          wallet.map(({ vct, claims, authorityKeyIds }) => ({
            credential_format: 'dc+sd-jwt' as const,
            vct,
            claims: claims as never,
            authority: { type: 'aki' as const, values: authorityKeyIds as [string] },
            cryptographic_holder_binding: true,
          })),
        )
        const ours = matchDcql(plain(asked), wallet)
        for (const { query, candidates } of ours.queries)
          expect(candidates.map(({ credential }) => credential)).toEqual(
            (theirs.credential_matches[query]?.valid_credentials ?? []).map((valid) =>
              String(valid.input_credential_index),
            ),
          )
        expect(ours.satisfiable).toBe(theirs.can_be_satisfied)
      }),
      { numRuns: 500 },
    )
  })
})
