import { randomUUID } from 'node:crypto'
import type { Office } from '../../issuance/testing.ts'
import { type AttestedClient, type Form, newVerifier, type RequestOptions } from './attested-client.ts'
import { createBrowser, type Shown, type TestBrowser } from './browser.ts'

export const REDIRECT_URI = 'test-wallet.app:/return'

/** One authorization by code: what the wallet sends and the citizen does, each step by itself. */
export function createCodeFlow(office: Office, client: AttestedClient) {
  const { verifier, challenge } = newVerifier()
  const state = randomUUID()
  const parameters: Form = {
    client_id: client.clientId,
    response_type: 'code',
    redirect_uri: REDIRECT_URI,
    scope: 'residents:resident',
    state,
    code_challenge: challenge,
    code_challenge_method: 'S256',
  }

  const flow = {
    verifier,
    state,
    parameters,
    /** Without a DPoP proof unless asked for, as most wallets do. */
    push: (changes: Form = {}, options: RequestOptions = {}) =>
      client.send('/par', { ...parameters, ...changes }, { dpop: null, ...options }),
    addressOf: (requestUri: unknown, clientId = client.clientId) =>
      `${client.issuer}/authorize?${new URLSearchParams({ client_id: clientId, request_uri: String(requestUri) })}`,
    /** The page that asks for consent to a request that was pushed before. */
    signInFor: async (requestUri: unknown) => {
      const browser = createBrowser(office.url)
      const away = await browser.open(flow.addressOf(requestUri))
      return { browser, consent: await flow.comeBack(browser, away, { resident: office.subject }) }
    },
    /** Up to the sign-in provider's page. */
    begin: async (changes: Form = {}, browser: TestBrowser = createBrowser(office.url)) => {
      const { body } = await flow.push(changes)
      return { browser, away: await browser.open(flow.addressOf(body['request_uri'])) }
    },
    /** The citizen comes back from there. */
    comeBack: (browser: TestBrowser, away: Shown, answer: Record<string, string>) => {
      const asked = new URL(away.leaves ?? '').searchParams
      const query = new URLSearchParams({ state: asked.get('state') ?? '', ...answer })
      return browser.open(`${asked.get('redirect_uri')}?${query}`)
    },
    signIn: async (changes: Form = {}, resident = office.subject) => {
      const { browser, away } = await flow.begin(changes)
      return { browser, consent: await flow.comeBack(browser, away, { resident }) }
    },
    /** All of it: where the wallet is called back at. */
    authorize: async (changes: Form = {}) => {
      const { browser, consent } = await flow.signIn(changes)
      const back = await browser.submit(consent, { decision: 'keep' })
      return new URL(back.leaves ?? 'about:blank').searchParams
    },
    redeem: (code: string | null, changes: Form = {}, options: RequestOptions = {}) =>
      client.token(
        {
          grant_type: 'authorization_code',
          code,
          redirect_uri: REDIRECT_URI,
          code_verifier: verifier,
          ...changes,
        },
        options,
      ),
  }
  return flow
}
