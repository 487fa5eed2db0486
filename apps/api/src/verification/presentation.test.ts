import { createCertificate, createKey } from '@pass/credentials/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AGE, attemptsAt, expectRefused, openDesk, PASSED } from './testing/attempts.ts'
import type { Desk } from './testing/desk.ts'
import {
  ask,
  encrypt,
  fetchRequest,
  type Issuer,
  makeIssuer,
  makeKey,
  post,
  present,
  type RequestObject,
  rebind,
  result,
  send,
} from './testing/wallet.ts'

describe.each(['embedded', 'server'] as const)('verification (%s database)', (kind) => {
  let desk: Desk
  let issuer: Issuer
  beforeAll(async () => {
    ;({ desk, issuer } = await openDesk(kind))
  })
  afterAll(() => desk?.stop())
  const { statusAt, anchored, attempt } = attemptsAt(() => ({ desk, issuer }))

  describe('a presentation that is in order', () => {
    it('passes every check and tells the verifier what it asked for and nothing else', async () => {
      const held = await anchored()
      const { answer, verdict } = await attempt(held, { paths: [['age_equal_or_over', '19'], ['name_ko']] })
      expect(answer).toEqual({ status: 200, body: {} })
      expect(verdict.state).toBe('accepted')
      expect(verdict.checks).toEqual(
        PASSED.map((check) => ({ credential: 'resident', check, result: 'passed' })),
      )
      expect(verdict.claims).toEqual({ resident: { age_equal_or_over: { '19': true } } })
    })

    it('is understood in either encryption that the request offers', async () => {
      const asked = await ask(desk, AGE)
      const request = await fetchRequest(desk, asked)
      const vp_token = { resident: [await present(desk, request, await anchored())] }
      const response = await encrypt(request, { vp_token, state: request.state }, 'A256GCM')
      expect((await post(desk, request.response_uri, { response })).status).toBe(200)
    })

    it('may have a clock that runs a little behind or ahead, and members that nobody asked for', async () => {
      for (const [iat, extra] of [
        [-60, { jti: 'one', exp: 1 }],
        [45, {}],
      ] as const) {
        const { verdict } = await attempt(await anchored(), { iat: desk.now() + iat, extra })
        expect(verdict.state).toBe('accepted')
      }
    })

    it('can be answered through another process than the one that asked', async () => {
      const asked = await ask(desk, AGE)
      const other = desk.another()
      const jwt = await other.requestObject(asked.id)
      const request = JSON.parse(
        Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString(),
      ) as RequestObject
      expect(request['verifier_info']).toHaveLength(1)
      const presentation = await present(desk, request, await anchored())
      const jwe = await encrypt(request, { vp_token: { resident: [presentation] }, state: request.state })
      await other.answer(asked.id, jwe)
      expect((await result(desk, asked)).state).toBe('accepted')
    })

    it('asks the database three times from the question to the result', async () => {
      const held = await anchored()
      await attempt(held)
      await desk.settled()
      desk.queries()
      const { verdict } = await attempt(held)
      expect(verdict.state).toBe('accepted')
      await desk.settled()
      // Asked, decided, read; that it was fetched is written down together with others. The state of our own status
      // lists, which this test keeps in memory, takes one more.
      expect(desk.queries()).toBe(4)
    })
  })

  describe('refuses, each with its own code', () => {
    it('a presentation played back to a later request', async () => {
      const first = await attempt(await anchored())
      const asked = await ask(desk, AGE)
      const request = await fetchRequest(desk, asked)
      const answer = await send(desk, request, first.presentation)
      expectRefused({ answer, verdict: await result(desk, asked) }, 'nonce_mismatch', 'holder_binding')
    })

    it('a proof for another audience', async () => {
      const aud = `x509_hash:${(await desk.agent.verifiers.get('museum')).x509Hash}`
      expectRefused(await attempt(await anchored(), { aud }), 'audience_mismatch', 'holder_binding')
    })

    it('a proof by another key than the holder’s, an old one, and none at all', async () => {
      const held = await anchored()
      expectRefused(await attempt(held, { signWith: makeKey() }), 'holder_binding_invalid', 'holder_binding')
      expectRefused(
        await attempt(held, { iat: desk.now() - 3600 }),
        'holder_binding_invalid',
        'holder_binding',
      )
      const bare = (presentation: string) => presentation.slice(0, presentation.lastIndexOf('~') + 1)
      expectRefused(await attempt(held, { alter: bare }), 'holder_binding_invalid', 'holder_binding')
    })

    it.each<[string, (now: number) => Record<string, unknown>]>([
      ['made a year ago', (now) => ({ iat: now - 31_536_000 })],
      ['made a year from now', (now) => ({ iat: now + 31_536_000 })],
      ['made five minutes ago', (now) => ({ iat: now - 305 })],
      ['without a time', () => ({ iat: undefined })],
      ['with a time in words', (now) => ({ iat: String(now) })],
      ['over other disclosures', () => ({ sd_hash: 'A'.repeat(43) })],
      ['over nothing', () => ({ sd_hash: undefined })],
    ])('a proof %s', async (_, changes) => {
      const held = await anchored()
      const asked = await ask(desk, AGE)
      const request = await fetchRequest(desk, asked)
      const presentation = await rebind(held, await present(desk, request, held), changes(desk.now()))
      const answer = await send(desk, request, presentation)
      expectRefused(
        { answer, verdict: await result(desk, asked) },
        'holder_binding_invalid',
        'holder_binding',
      )
    })

    it('a proof whose signature was broken', async () => {
      const broken = (presentation: string) => {
        const at = presentation.length - 10
        return presentation.slice(0, at) + (presentation[at] === 'A' ? 'B' : 'A') + presentation.slice(at + 1)
      }
      const attempted = await attempt(await anchored(), { alter: broken })
      expectRefused(attempted, 'holder_binding_invalid', 'holder_binding')
    })

    it('a disclosure left out', async () => {
      const attempted = await attempt(await anchored(), { paths: [['name_ko']] })
      expectRefused(attempted, 'missing_disclosure', 'disclosures')
    })

    it('a claim with another value than the one asked for', async () => {
      const held = await anchored({ claims: { age_equal_or_over: { '19': false } } })
      expectRefused(await attempt(held), 'claim_mismatch', 'disclosures')
    })

    it('a claim that the holder changed, also when the holder signs the change', async () => {
      const held = await anchored({ claims: { name_ko: '김', age_equal_or_over: { '19': false } } })
      const forged = (presentation: string) => {
        const [jwt, disclosure = '', ...rest] = presentation.split('~')
        const [salt, name] = JSON.parse(Buffer.from(disclosure, 'base64url').toString()) as [string, string]
        return [jwt, Buffer.from(JSON.stringify([salt, name, true])).toString('base64url'), ...rest].join('~')
      }
      expectRefused(await attempt(held, { alter: forged }), 'tampered_disclosure', 'disclosures')
      const credential = forged(held.credential.replace(/~[^~]*~([^~]*)~$/, '~$1~'))
      const asked = await ask(desk, AGE)
      const request = await fetchRequest(desk, asked)
      const { createHash } = await import('node:crypto')
      const header = Buffer.from(JSON.stringify({ alg: 'ES256', typ: 'kb+jwt' })).toString('base64url')
      const claims = { iat: desk.now(), aud: request.client_id, nonce: request.nonce }
      const sd_hash = createHash('sha256').update(credential).digest('base64url')
      const input = `${header}.${Buffer.from(JSON.stringify({ ...claims, sd_hash })).toString('base64url')}`
      const kb = `${input}.${Buffer.from(await held.holder.sign(Buffer.from(input))).toString('base64url')}`
      const answer = await send(desk, request, credential + kb)
      expect(answer.body).toMatchObject({ code: 'tampered_disclosure' })
      expect((await result(desk, asked)).checks).toContainEqual({
        credential: 'resident',
        check: 'holder_binding',
        result: 'passed',
      })
    })

    it('a credential whose signed part was changed', async () => {
      const alter = (presentation: string) => {
        const [header, payload = '', ...rest] = presentation.split('.')
        const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
        return [
          header,
          Buffer.from(JSON.stringify({ ...claims, exp: claims.exp + 1 })).toString('base64url'),
          ...rest,
        ].join('.')
      }
      expectRefused(await attempt(await anchored(), { alter }), 'invalid_signature', 'signature')
    })

    it('an issuer with a certificate authority of its own', async () => {
      const root = await createCertificate({ key: await createKey(), commonName: 'Own root', ca: true })
      const key = await createKey()
      const leaf = await createCertificate({ key, commonName: 'own', issuer: root, sanUri: issuer.url })
      const stranger = { ...(await makeIssuer(desk, 'own')), url: issuer.url, key, x5c: [leaf.base64] }
      expectRefused(await attempt(await anchored({}, stranger)), 'untrusted_certificate', 'certificate')
    })

    it('an agency that signs in the name of another', async () => {
      const families = await makeIssuer(desk, 'families', ['multi-child-family'])
      expectRefused(
        await attempt(await anchored({ iss: issuer.url }, families)),
        'untrusted_certificate',
        'certificate',
      )
      const borrowed = await anchored({ kid: issuer.kid }, families)
      expectRefused(await attempt(borrowed), 'issuer_not_accredited', 'issuer_accredited')
    })

    it('a type that the issuer is not accredited for', async () => {
      const families = await makeIssuer(desk, 'families', ['multi-child-family'])
      expectRefused(await attempt(await anchored({}, families)), 'issuer_not_accredited', 'issuer_accredited')
    })

    it('a verifier that signs credentials with its own certificate', async () => {
      const key = makeKey()
      const url = `${desk.url}/verifier/museum`
      const x5c = await desk.agent.authority.issueCertificate({
        publicJwk: key.publicJwk,
        commonName: 'm',
        organization: 'm',
        sanUri: url,
        days: 1,
      })
      const held = await anchored({}, { ...issuer, key, x5c, url })
      expectRefused(await attempt(held), 'issuer_not_accredited', 'issuer_accredited')
    })

    it('a credential of another type than the one asked for', async () => {
      const both = await makeIssuer(desk, 'both', ['resident', 'veteran'])
      expectRefused(await attempt(await anchored({ type: 'veteran' }, both)), 'wrong_type', 'disclosures')
    })

    it('an expired credential and one from the future', async () => {
      const past = await anchored({ iat: desk.now() - 7200, exp: desk.now() - 3600 })
      expectRefused(await attempt(past), 'credential_expired', 'validity')
      expectRefused(
        await attempt(await anchored({ iat: desk.now() + 3600 })),
        'credential_not_yet_valid',
        'validity',
      )
    })

    it('a revoked and a suspended credential from the next presentation on', async () => {
      const held = await anchored({ status: statusAt(7) })
      expect((await attempt(held)).verdict.state).toBe('accepted')
      const list = desk.statuses.get('residents-1')
      list?.set(7, 2)
      expectRefused(await attempt(held), 'credential_suspended', 'status')
      list?.set(7, 1)
      expectRefused(await attempt(held), 'credential_revoked', 'status')
      list?.set(7, 0)
      expect((await attempt(held)).verdict.state).toBe('accepted')
    })

    it('a credential whose status list does not exist', async () => {
      const held = await anchored({ status: { idx: 1, uri: `${desk.url}/status-lists/none` } })
      expectRefused(await attempt(held), 'status_unavailable', 'status')
    })
  })
})
