import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPostgres } from '@pass/database/testing'
import { expect, test } from 'vitest'
import { createWallet, offerTo } from '../issuance/test-wallet.ts'
import { startOffice } from '../issuance/testing.ts'
import { createCodeFlow } from './testing/code-flow.ts'

/** Databases take their time to start on a busy machine. */
const STARTS = 120_000

test(
  'two processes on one database are one authorization server',
  async () => {
    const { url, stop } = await startPostgres()
    const first = await startOffice({ url })
    const second = await startOffice({ url }, { beside: first })
    try {
      const to = `${second.address}/oauth`
      const wallet = await createWallet(first)
      const flow = createCodeFlow(first, wallet.client)

      // Challenge and nonce of the one, request pushed to the other, signed in at the first, agreed to and redeemed
      // at the second.
      const pushed = await flow.push({}, { to })
      const { browser, consent } = await flow.signInFor(pushed.body['request_uri'])
      browser.reach(second.address)
      const back = await browser.submit(consent, { decision: 'keep' })
      const code = new URL(back.leaves ?? '').searchParams.get('code')
      const granted = await flow.redeem(code, {}, { to })
      expect(granted.status).toBe(200)
      expect(await first.authorization.grantOf(String(granted.body['access_token']))).toBeDefined()

      // A proof that the one has seen is spent at the other.
      const pop = await wallet.client.pop()
      const form = { grant_type: 'refresh_token', refresh_token: String(granted.body['refresh_token']) }
      expect((await wallet.client.token(form, { pop, to })).status).toBe(200)
      expect((await wallet.client.token(form, { pop })).body['error']).toBe('invalid_client')

      // A code that came to both is worth nothing.
      expect((await flow.redeem(code)).body['error']).toBe('invalid_grant')
      expect(await second.authorization.grantOf(String(granted.body['access_token']))).toBeUndefined()

      // Guesses at both together are five.
      const offer = await offerTo(first, wallet)
      const guesses = await Promise.all(
        Array.from({ length: 12 }, (_, n) =>
          wallet.token(
            { 'pre-authorized_code': offer.code, tx_code: `guess${n}` },
            n % 2 === 0 ? { to } : {},
          ),
        ),
      )
      expect(guesses.filter(({ body }) => body['code'] === 'tx_code_wrong')).toHaveLength(4)
    } finally {
      await second.close()
      await first.close()
      await stop()
    }
  },
  STARTS,
)

test(
  'after a restart everything goes on: tokens, codes, and a sign-in that was under way',
  async () => {
    const folder = join(await mkdtemp(join(tmpdir(), 'pass-oauth-')), 'data')
    const before = await startOffice({ folder })
    const wallet = await createWallet(before)
    const [begun, agreed] = [createCodeFlow(before, wallet.client), createCodeFlow(before, wallet.client)]
    const code = (await agreed.authorize()).get('code')
    const redeemed = createCodeFlow(before, wallet.client)
    const granted = await redeemed.redeem((await redeemed.authorize()).get('code'))
    const { browser, away } = await begun.begin()
    await before.close()

    const after = await startOffice({ folder }, { beside: before })
    try {
      const to = `${after.address}/oauth`
      expect((await agreed.redeem(code, {}, { to })).status).toBe(200)
      expect(await after.authorization.grantOf(String(granted.body['access_token']))).toBeDefined()
      const form = { grant_type: 'refresh_token', refresh_token: String(granted.body['refresh_token']) }
      expect((await wallet.client.token(form, { to })).status).toBe(200)
      browser.reach(after.address)
      const consent = await begun.comeBack(browser, away, { resident: after.subject })
      const back = await browser.submit(consent, { decision: 'keep' })
      const late = new URL(back.leaves ?? '').searchParams.get('code')
      expect((await begun.redeem(late, {}, { to })).status).toBe(200)
    } finally {
      await after.close()
      await rm(folder, { recursive: true })
    }
  },
  STARTS,
)
