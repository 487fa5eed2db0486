import type { Holder } from '@pass/holder'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { certificate } from './certificates.ts'
import { breakSignature, type Json, newKey } from './jose.ts'
import { CARD, type Peer, startPeer } from './peer.ts'
import { createPeerHolder } from './peer-holder.ts'
import {
  cardQuery,
  createPeerVerifier,
  ORIGIN,
  UNKNOWN_TRANSACTION,
  UNUSABLE_KEYS,
  withAbsent,
} from './peer-verifier.ts'
import { shown } from './shown.ts'

// The modules of wallet.test.ts again, over the Digital Credentials API. No browser takes part: the engine is given
// what a browser would hand to a wallet.

let peer: Peer
let verifier: Awaited<ReturnType<typeof createPeerVerifier>>
let holder: Holder

beforeAll(async () => {
  peer = await startPeer()
  verifier = await createPeerVerifier(peer)
  holder = await createPeerHolder(peer)
})
afterAll(() => peer?.stop())

describe('our wallet answers a web page by the Digital Credentials API', () => {
  const KINDS = ['unsigned', 'signed', 'multisigned'] as const
  type Kind = (typeof KINDS)[number]
  type PageBend = Parameters<typeof verifier.askPage>[1]

  async function presentToPage(kind: Kind, bend: PageBend = {}, alter: (request: Json) => void = () => {}) {
    const { protocol, data, request, open } = await verifier.askPage(kind, bend)
    alter(data)
    const preview = await holder.readDcApiRequest({ protocol, data, origin: ORIGIN })
    const { response } = await holder.present(preview)
    return { request, ...(await open(response)) }
  }
  const expectStoppedOn = (kind: Kind, bend: PageBend, code: string, alter?: (data: Json) => void) =>
    expect(presentToPage(kind, bend, alter)).rejects.toMatchObject({ code, shared: false })

  test.each(KINDS)(
    '%s: made out to the origin of the page, with what was asked and no more',
    async (kind) => {
      const { request, header, content } = await presentToPage(kind)
      expect(header).toMatchObject({ alg: 'ECDH-ES', enc: 'A256GCM' })
      expect(Object.keys(content)).toEqual(['vp_token'])
      expect(
        await shown(content.vp_token.card[0], { aud: `origin:${ORIGIN}`, nonce: request.nonce }),
      ).toEqual({ birth_date: CARD.birth_date })
    },
  )

  test.each(KINDS)('%s: a strange iss and parameter and unusable keys are ignored', async (kind) => {
    const claims = { iss: 'https://somebody.example', surprise: 'to be ignored', nonce: 'n'.repeat(43) }
    const { content } = await presentToPage(kind, { claims, extraKeys: UNUSABLE_KEYS })
    expect(content.vp_token).toHaveProperty('card')
  })

  test('unsigned: a client id and expected_origins count for nothing', async () => {
    const claims = { client_id: 'invalid_scheme:page', expected_origins: ['https://other.example'] }
    const { request, content } = await presentToPage('unsigned', { claims })
    await shown(content.vp_token.card[0], { aud: `origin:${ORIGIN}`, nonce: request.nonce })
  })

  test.each(KINDS)(
    '%s: no claim asked, none disclosed; an optional credential may be missing',
    async (kind) => {
      const none = await presentToPage(kind, { dcql: cardQuery([]) })
      const to = { aud: `origin:${ORIGIN}`, nonce: none.request.nonce }
      expect(await shown(none.content.vp_token.card[0], to)).toEqual({})
      const { content } = await presentToPage(kind, { dcql: withAbsent(false) })
      expect(Object.keys(content.vp_token)).toEqual(['card'])
    },
  )

  test('multisigned: one signature that matches is enough, none is not', async () => {
    const stranger = await certificate({ name: 'Stranger', key: await newKey() })
    const signers = [stranger, verifier.certificate]
    expect((await presentToPage('multisigned', { signers })).content.vp_token).toHaveProperty('card')
    const spoil =
      (...at: number[]) =>
      (data: Json) => {
        for (const i of at) {
          const entry = data.request.signatures[i]
          entry.signature = breakSignature(`.${entry.signature}`).slice(1)
        }
      }
    const two = { signers: [verifier.certificate, verifier.certificate] }
    expect((await presentToPage('multisigned', two, spoil(0))).content.vp_token).toHaveProperty('card')
    await expectStoppedOn('multisigned', two, 'verifier_untrusted', spoil(0, 1))
  })

  test('signed: a signature that does not match stops it', () =>
    expectStoppedOn('signed', { jwt: breakSignature }, 'verifier_untrusted'))

  test.each(['signed', 'multisigned'] as const)('%s: expected_origins without this page stop it', (kind) =>
    expectStoppedOn(kind, { claims: { expected_origins: ['https://other.example'] } }, 'verifier_untrusted'),
  )

  test('signed: an unknown prefix stops it', () =>
    expectStoppedOn('signed', { claims: { client_id: 'invalid_scheme:page' } }, 'verifier_untrusted'))

  test.each(KINDS)(
    '%s: no nonce, an unknown transaction, a required credential missing: each stops it',
    async (kind) => {
      await expectStoppedOn(kind, { claims: { nonce: undefined } }, 'request_malformed')
      const unknown = { claims: { transaction_data: UNKNOWN_TRANSACTION } }
      await expectStoppedOn(kind, unknown, 'request_unsupported')
      await expectStoppedOn(kind, { dcql: withAbsent(true) }, 'nothing_matches')
    },
  )
})
