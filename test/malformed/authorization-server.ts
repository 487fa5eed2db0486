import * as fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { type Answer, send } from '../conformance/http.ts'
import { jws, type Key, now } from '../conformance/jose.ts'
import { issuerOf, offer, PRE_AUTHORIZED } from '../conformance/receive.ts'
import { createWalletClient, type WalletClient } from '../conformance/wallet-client.ts'
import { type Form, faultyCompact, faultyForm, faultyJson, type JsonObject } from './mutations.ts'
import { CODES, isHeaderValue, RUNS, refuses, type Suite, spoilt, urlEncoded } from './refusals.ts'

/** Registers the properties; the suite is filled when they run. */
export function authorizationServer(suite: Suite): void {
  describe('the authorization server', () => {
    const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'
    let client: WalletClient
    beforeAll(async () => {
      client = await createWalletClient(issuerOf(suite.city), suite.provider)
    })
    const pushed = (): Form => [
      ['client_id', client.clientId],
      ['response_type', 'code'],
      ['redirect_uri', client.redirectUri],
      ['scope', `${suite.city.credentials.sample.agency}:${suite.type}`],
      ['code_challenge', CHALLENGE],
      ['code_challenge_method', 'S256'],
      ['state', 'a-state'],
      [
        'authorization_details',
        JSON.stringify([
          {
            type: 'openid_credential',
            credential_configuration_id: suite.type,
            locations: [issuerOf(suite.city)],
          },
        ]),
      ],
    ]

    test('refuses a pushed authorization request with any field spoilt', () =>
      refuses({
        arbitrary: fc.constant(null).chain(() => faultyForm(pushed())),
        codes: CODES.oauth,
        send: (form) => client.par({}, { sent: urlEncoded(form) }),
      }))

    test('refuses authorization details with any member spoilt', () =>
      refuses({
        arbitrary: fc.constant(null).chain(() =>
          faultyJson([
            {
              type: 'openid_credential',
              credential_configuration_id: suite.type,
              locations: [issuerOf(suite.city)],
            },
          ]),
        ),
        codes: CODES.oauth,
        send: (details) =>
          client.par({
            ...Object.fromEntries(pushed().slice(0, -2)),
            authorization_details: JSON.stringify(details),
          }),
      }))

    test.each([
      [
        'an authorization request',
        [
          ['client_id', 'https://wallet.example/main'],
          ['request_uri', 'urn:ietf:params:oauth:request_uri:unknown'],
        ],
        (query) => send(`${client.server.authorization_endpoint}?${query}`),
      ],
      [
        'an answer of the sign-in provider',
        [
          ['code', 'a-code'],
          ['state', 'a-state'],
          ['iss', 'https://sign-in.example'],
        ],
        (query) => send(`${suite.city.url}/oauth/sign-in/callback?${query}`),
      ],
      [
        'a consent',
        [
          ['form_token', 'a-token'],
          ['decision', 'keep'],
        ],
        (form) =>
          send(`${suite.city.url}/oauth/interaction/a-person-s-interaction`, {
            form: new URLSearchParams(form),
          }),
      ],
    ] as [string, Form, (encoded: string) => Promise<Answer>][])(
      'shows a page, and sends nobody anywhere, for %s that is not right',
      (_name, form, ask) =>
        fc.assert(
          fc.asyncProperty(faultyForm(form), async ({ what, message }) => {
            const encoded = new URLSearchParams(message).toString()
            if (encoded.length > 12_000) return
            const { status, text, headers } = await ask(encoded)
            const told = `${what}: ${status} ${text.slice(0, 300)}`
            expect(status, told).toBeGreaterThanOrEqual(400)
            expect(status, told).toBeLessThan(500)
            expect(headers.get('location'), told).toBeNull()
            expect(headers.get('content-type'), told).toMatch(/^text\/html/)
            expect(text, told).not.toMatch(/\.(ts|js|mjs):\d+|node_modules|\n\s+at /)
          }),
          { numRuns: RUNS },
        ),
    )

    test.each([
      ['attestation', { sub: '', iat: 0, exp: 0, cnf: { jwk: {} } }],
      ['pop', { aud: '', jti: '', iat: 0, challenge: '' }],
    ] as const)('refuses a client %s with any claim spoilt', (part, names) =>
      refuses({
        arbitrary: fc.constant(null).chain(() => {
          const good = {
            attestation: {
              sub: client.clientId,
              iat: now(),
              exp: now() + 300,
              cnf: { jwk: client.instanceKey.jwk },
            },
            pop: { aud: client.server.issuer, jti: 'a', iat: now(), challenge: 'b' },
          }[part]
          expect(Object.keys(good)).toEqual(Object.keys(names))
          return fc.oneof(
            spoilt('claims', good as JsonObject),
            spoilt('header', { typ: 'x', x5c: ['a', 'b'], alg: 'ES256' }),
          )
        }),
        codes: CODES.oauth,
        send: (bend) => client.par(Object.fromEntries(pushed()), { auth: { [part]: bend } }),
      }),
    )

    test.each(['attestationJwt', 'popJwt'] as const)('refuses what is no JWT in the place of %s', (place) =>
      refuses({
        arbitrary: faultyCompact(jws({ typ: 'x' }, { iss: 'y' }, suite.copies[0]?.key as Key)).filter(
          ({ message }) => isHeaderValue(message),
        ),
        codes: CODES.oauth,
        send: (jwt) => client.par(Object.fromEntries(pushed()), { auth: { [place]: () => jwt } }),
      }),
    )

    test('refuses a token request with any field spoilt, for either grant', async () => {
      const { txCode, grants } = await offer(suite.city)
      await refuses({
        arbitrary: fc.oneof(
          faultyForm([
            ['client_id', client.clientId],
            ['grant_type', PRE_AUTHORIZED],
            ['pre-authorized_code', grants[PRE_AUTHORIZED]['pre-authorized_code']],
            ['tx_code', txCode],
          ]),
          faultyForm([
            ['client_id', client.clientId],
            ['grant_type', 'authorization_code'],
            ['code', 'unknown'],
            ['redirect_uri', client.redirectUri],
            ['code_verifier', 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'],
          ]),
          faultyForm([
            ['client_id', client.clientId],
            ['grant_type', 'refresh_token'],
            ['refresh_token', 'unknown'],
          ]),
        ),
        codes: CODES.oauth,
        send: (form) => client.token({}, { sent: urlEncoded(form) }),
      })
    })

    test('refuses a DPoP proof with any claim spoilt', () =>
      refuses({
        arbitrary: fc.oneof(
          spoilt('claims', { jti: 'a', htm: 'POST', htu: 'b', iat: now(), nonce: 'c' }),
          spoilt('header', {
            typ: 'dpop+jwt',
            alg: 'ES256',
            jwk: { kty: 'EC', crv: 'P-256', x: 'a', y: 'b' },
          }),
        ),
        codes: CODES.oauth,
        send: (dpop) => client.token({ grant_type: 'refresh_token', refresh_token: 'unknown' }, { dpop }),
      }))
  })
}
