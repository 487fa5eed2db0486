import { describe, expect, test } from 'vitest'
import { authorizationRequest, authorize, authorizeUrl, push, redeem, scopeOf } from '../authorize.ts'
import { createBrowser } from '../browser.ts'
import { newWallet, type Setup, typeOf } from './setup.ts'

/** Has to come last: the city's clock stays ahead. */
export function expiryTests(setup: () => Setup): void {
  describe('when time has passed', () => {
    test('a code of 62 seconds ago and a pushed request of before its expires_in are worth nothing', async () => {
      const client = await newWallet(setup())
      const scope = scopeOf(client, typeOf(setup()))
      const authorization = await authorize(client, { scope })
      const { parameters } = authorizationRequest(client, { scope })
      const pushed = await client.par(parameters)
      const unused = await push(client, parameters)
      expect(pushed.body.expires_in).toBeLessThanOrEqual(AHEAD_SECONDS - 30)

      await skip(setup().city)

      const answer = await redeem(client, authorization)
      expect([answer.status, answer.body.error]).toEqual([400, 'invalid_grant'])
      for (const requestUri of [pushed.body.request_uri, unused]) {
        const url = authorizeUrl(client, { client_id: client.clientId, request_uri: requestUri })
        const { returned, page } = await createBrowser().visit(url, client.redirectUri, { look: true })
        expect(returned).toBeUndefined()
        expect(page?.status).toBe(400)
        expect(page?.text).not.toContain('name="person"')
      }
    })
  })
}

/** How far `clock.mjs` moves the city's clock. */
export const AHEAD_SECONDS = 122

/** Moves the clock, and waits until an answer of the city shows it. */
async function skip({ pid, call }: Setup['city']): Promise<void> {
  const isAhead = async () => {
    const { body } = await call('verifier', '/api/verifications', { template: 'age-19' })
    return Date.parse(body.expiresAt) - Date.now() > (REQUEST_SECONDS + AHEAD_SECONDS - 10) * 1000
  }
  process.kill(pid, 'SIGUSR2')
  const deadline = Date.now() + 5000
  while (!(await isAhead())) if (Date.now() > deadline) throw new Error('the clock of the city did not move')
}

/** How long the city lets a verification be answered. */
const REQUEST_SECONDS = 300
