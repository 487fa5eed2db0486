import { keyHashOf } from '@pass/agent'
import { createStatusBitmap, setStatus, signStatusListToken } from '@pass/credentials'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AGE, attemptsAt, expectRefused, openDesk } from './testing/attempts.ts'
import type { Desk } from './testing/desk.ts'
import { anchor, ask, fetchRequest, type Issuer, issue, makeIssuer, present, send } from './testing/wallet.ts'

describe.each(['embedded', 'server'] as const)('verification (%s database)', (kind) => {
  let desk: Desk
  let issuer: Issuer
  beforeAll(async () => {
    ;({ desk, issuer } = await openDesk(kind))
  })
  afterAll(() => desk?.stop())
  const { anchored, attempt } = attemptsAt(() => ({ desk, issuer }))

  describe('the time of the anchor decides', () => {
    it('an ended key counts for what was anchored before its end and for nothing after', async () => {
      const rotated = await makeIssuer(desk, 'rotated')
      const end = desk.now() - 600
      const before = await anchor(desk, await issue(desk, rotated, { iat: end - 60 }), end - 30)
      // Signed with the stolen key and dated back: only the anchor shows when it really came to be.
      const after = await anchor(desk, await issue(desk, rotated, { iat: end - 60 }), end + 30)
      const never = await issue(desk, rotated, { iat: end - 60 })
      for (const key of rotated.record.keys) key.until = end
      expect((await attempt(before)).verdict.state).toBe('accepted')
      expectRefused(await attempt(after), 'issuer_not_accredited', 'issuer_accredited')
      expectRefused(await attempt(never), 'issuer_not_accredited', 'issuer_accredited')
      // Another maker's wallet carries no receipt; our own journal knows when it was anchored.
      expect((await attempt(before, { receipt: null })).verdict.state).toBe('accepted')
      expectRefused(await attempt(after, { receipt: null }), 'issuer_not_accredited', 'issuer_accredited')
    })

    it('a suspended issuer counts for nothing anchored since, and again after it was reinstated', async () => {
      const suspended = await makeIssuer(desk, 'suspended')
      const since = desk.now() - 300
      const before = await anchor(desk, await issue(desk, suspended, { iat: since - 60 }), since - 30)
      const during = await anchored({}, suspended)
      suspended.record.suspensions.push({ from: since, until: null })
      expectRefused(await attempt(during), 'issuer_suspended', 'issuer_accredited')
      expect((await attempt(before)).verdict.state).toBe('accepted')
      expectRefused(await attempt(await issue(desk, suspended)), 'issuer_suspended', 'issuer_accredited')
      suspended.record.suspensions = [{ from: since, until: desk.now() - 5 }]
      desk.forward(3)
      expect((await attempt(await anchored({}, suspended))).verdict.state).toBe('accepted')
    })

    it('keeps the last answer of a chain that is down, for a day', async () => {
      const held = await anchored()
      expect((await attempt(held)).verdict.state).toBe('accepted')
      desk.chain.up = false
      try {
        desk.forward(3600)
        expect((await attempt(held)).verdict.state).toBe('accepted')
        const unknown = await makeIssuer(desk, 'unknown')
        const asked = await ask(desk, AGE)
        const request = await fetchRequest(desk, asked)
        const presentation = await present(desk, request, await anchored({}, unknown))
        expect((await send(desk, request, presentation)).status).toBe(503)
        desk.chain.up = true
        desk.forward(6)
        // Nothing was decided: the same request can still be answered.
        expect((await send(desk, request, presentation)).status).toBe(200)
      } finally {
        desk.chain.up = true
      }
    })
  })

  describe('receipts', () => {
    it('without one the template decides: accepted and marked absent, or refused', async () => {
      const held = await issue(desk, issuer)
      const { verdict } = await attempt(held)
      expect(verdict.state).toBe('accepted')
      expect(verdict.checks).toContainEqual({ credential: 'resident', check: 'anchor', result: 'absent' })
      const full = {
        ...(await issue(desk, issuer, {
          claims: { name_ko: '김', birth_date: '1', district_name: '연', neighbourhood_name: '송' },
        })),
      }
      const paths = [['name_ko'], ['birth_date'], ['district_name'], ['neighbourhood_name']]
      const strict = await attempt(full, { body: { template: 'identity' }, paths })
      expectRefused(strict, 'anchor_missing', 'anchor')
    })

    it('of another credential', async () => {
      const [held, other] = [await anchored(), await anchored()]
      expectRefused(await attempt(held, { receipt: other.receipt }), 'anchor_invalid', 'anchor')
    })

    it('under a root that the chain never took', async () => {
      const held = await issue(desk, issuer)
      const { buildBatch } = await import('@pass/anchoring')
      const { root } = buildBatch([held.hash])
      const receipt = { ...(await anchored()).receipt, root, path: [] }
      expectRefused(await attempt(held, { receipt }), 'anchor_unknown_root', 'anchor')
    })

    it('of another chain, and something that is no receipt', async () => {
      const held = await anchored()
      expectRefused(
        await attempt(held, { receipt: { ...held.receipt, chain: 1 } }),
        'anchor_invalid',
        'anchor',
      )
      expectRefused(await attempt(held, { receipt: 'trust me' }), 'anchor_invalid', 'anchor')
    })

    it('that claims an earlier time than the chain’s own gains nothing by it', async () => {
      const rotated = await makeIssuer(desk, 'rotated-again')
      const end = desk.now() - 600
      const after = await anchor(desk, await issue(desk, rotated, { iat: end - 60 }), end + 30)
      for (const key of rotated.record.keys) key.until = end
      const receipt = { ...after.receipt, time: end - 100 }
      expectRefused(await attempt(after, { receipt }), 'issuer_not_accredited', 'issuer_accredited')
    })

    it('under a root that only the chain knows', async () => {
      const held = await issue(desk, issuer)
      const { buildBatch } = await import('@pass/anchoring')
      const { root } = buildBatch([held.hash])
      desk.chain.roots.set(root, { sequence: 900, block: 900, time: desk.now(), leafCount: 1 })
      const receipt = { ...(await anchored()).receipt, root, path: [] }
      expect((await attempt(held, { receipt })).verdict.state).toBe('accepted')
    })
  })

  describe('status lists of other cities', () => {
    it('are fetched once, believed only from the issuer, and outlive a lost connection until they expire', async () => {
      const uri = 'https://elsewhere.example/list/1'
      const bitmap = createStatusBitmap(100, 2)
      setStatus(bitmap, 2, 5, 1)
      const publish = async (by: Issuer) => {
        const token = {
          bitmap,
          bits: 2 as const,
          uri,
          iat: desk.now(),
          exp: desk.now() + 7200,
          ttl: 600,
          x5c: by.x5c,
        }
        desk.web.set(uri, { status: 200, body: await signStatusListToken({ ...token, sign: by.key.sign }) })
      }
      const good = await anchored({ status: { idx: 4, uri } })
      await publish(await makeIssuer(desk, 'impostor'))
      expectRefused(await attempt(good), 'status_unavailable', 'status')
      desk.forward(6)
      await publish(issuer)
      desk.fetched.length = 0
      expect((await attempt(good)).verdict.state).toBe('accepted')
      expectRefused(
        await attempt(await anchored({ status: { idx: 5, uri } })),
        'credential_revoked',
        'status',
      )
      expect(desk.fetched).toEqual([uri])
      desk.web.delete(uri)
      desk.forward(3600)
      expect((await attempt(good)).verdict.state).toBe('accepted')
      desk.forward(3700)
      expectRefused(await attempt(good), 'status_unavailable', 'status')
    })

    it('count for the issuer that signed them and for no other', async () => {
      const uri = 'https://elsewhere.example/list/2'
      const bitmap = createStatusBitmap(100, 2)
      const times = { iat: desk.now(), exp: desk.now() + 7200, ttl: 600 }
      const token = { bitmap, bits: 2 as const, uri, ...times, x5c: issuer.x5c, sign: issuer.key.sign }
      desk.web.set(uri, { status: 200, body: await signStatusListToken(token) })
      const status = { idx: 1, uri }
      expect((await attempt(await anchored({ status }))).verdict.state).toBe('accepted')
      const second = await makeIssuer(desk, 'second')
      expectRefused(await attempt(await anchored({ status }, second)), 'status_unavailable', 'status')
    })

    it('are not fetched, nor the chain asked, on the word of a signature that does not match', async () => {
      const stranger = await makeIssuer(desk, 'stranger')
      const held = await anchored({ status: { idx: 1, uri: 'http://169.254.169.254/latest' } }, stranger)
      const alter = (presentation: string) => {
        const [header, payload = '', ...rest] = presentation.split('.')
        const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
        const changed = Buffer.from(JSON.stringify({ ...claims, extra: 1 })).toString('base64url')
        return [header, changed, ...rest].join('.')
      }
      desk.fetched.length = 0
      desk.chain.reads = 0
      expectRefused(await attempt(held, { alter }), 'invalid_signature', 'signature')
      expect([desk.fetched, desk.chain.reads]).toEqual([[], 0])
    })

    it('are not fetched on the word of a credential that is not proven', async () => {
      desk.fetched.length = 0
      const families = await makeIssuer(desk, 'families', ['multi-child-family'])
      await attempt(await anchored({ status: { idx: 1, uri: 'http://169.254.169.254/latest' } }, families))
      expect(desk.fetched).toEqual([])
    })
  })

  describe('anchors and trust', () => {
    it('gives the receipt of a hash, and says the same of one that waits and one that does not exist', async () => {
      const held = await anchored()
      expect(await (await desk.get(`/api/anchors/${held.hash}`)).json()).toEqual(held.receipt)
      const missing = await desk.get(`/api/anchors/${'0'.repeat(64)}`)
      expect([missing.status, await missing.json()]).toMatchObject([404, { code: 'not_anchored_yet' }])
      expect((await desk.get('/api/anchors/xyz')).status).toBe(400)
    })

    it('lists the roots page by page', async () => {
      const held = await anchored()
      const seen: string[] = []
      for (let after: number | null = 0; after !== null; ) {
        const page = (await (await desk.get(`/api/anchors/roots?after=${after}&limit=5`)).json()) as {
          roots: { root: string }[]
          nextAfter: number | null
        }
        seen.push(...page.roots.map(({ root }) => root))
        after = page.nextAfter
      }
      expect(seen).toContain(held.receipt?.root)
      expect(new Set(seen).size).toBe(seen.length)
    })

    it('shows operators what waits and whether the chain answers', async () => {
      await desk.db
        .sql`INSERT INTO "Outbox" ("kind", "key", "payload") VALUES ('anchor', ${'ab'.repeat(32)}, '{}')`
      expect((await desk.get('/api/anchors/batches', 'library')).status).toBe(403)
      const page = (await (await desk.get('/api/anchors/batches?limit=2', 'operator')).json()) as Record<
        string,
        unknown
      >
      expect(page).toMatchObject({
        waiting: { credentials: 1, statusLists: 0 },
        chain: { up: true, block: 1000 },
      })
      expect(page['items']).toHaveLength(2)
      desk.chain.up = false
      const down = await (await desk.get('/api/anchors/batches', 'operator')).json()
      desk.chain.up = true
      expect(down).toMatchObject({ chain: { up: false, block: null } })
    })

    it('publishes whom to trust', async () => {
      expect(await (await desk.get('/api/trust')).json()).toMatchObject({
        rootCertificates: [desk.agent.authority.rootCertificate],
        authority: desk.url,
        chain: { chainId: 8282 },
        city: { name: { ko: '인천광역시' } },
      })
    })
  })

  it('names keys in the registry as the chain does', () => {
    expect(issuer.record.keys[0]?.keyHash).toBe(keyHashOf(issuer.key.publicJwk))
  })
})
