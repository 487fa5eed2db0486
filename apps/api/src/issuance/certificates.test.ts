import { X509Certificate } from 'node:crypto'
import { verifyCertificateChain } from '@pass/credentials'
import { decodeProtectedHeader } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startWalletCity, type WalletCity } from '../wallets/testing.ts'

let city: WalletCity
let root: X509Certificate
const signed = new Map<string, string>()

/** One of each thing that the city signs for others, as they get it over HTTP. */
beforeAll(async () => {
  city = await startWalletCity()
  const text = async (path: string, init?: RequestInit) => {
    const response = await fetch(`${city.url}${path}`, init)
    if (!response.ok) throw new Error(`${path}: ${response.status}`)
    return response.text()
  }
  const trust = JSON.parse(await text('/api/trust')) as { rootCertificates: string[] }
  root = certificateOf(trust.rootCertificates[0])

  const phone = await city.makePhone(await city.makeResident())
  const [card] = await phone.holder.list()
  signed.set('credential', card?.copies[0]?.credential.split('~')[0] ?? '')
  const metadata = '/.well-known/openid-credential-issuer/issuers/residents'
  signed.set('issuer metadata', await text(metadata, { headers: { accept: 'application/jwt' } }))
  signed.set('status list', await text('/status-lists/residents-1'))
  const { body } = await phone.call('/api/wallet/account/verification', {})
  const requestUri = new URL(body.requestUri).searchParams.get('request_uri') ?? ''
  signed.set('request object', await (await fetch(requestUri, { method: 'POST' })).text())
})
afterAll(() => city?.stop())

const certificateOf = (base64 = '') => new X509Certificate(Buffer.from(base64, 'base64'))

describe.each(['credential', 'issuer metadata', 'status list', 'request object'])(
  'the certificates of a %s (HAIP 1.0)',
  (name) => {
    const x5c = () => decodeProtectedHeader(signed.get(name) ?? '').x5c ?? []

    test('lead to the root that the city publishes', async () => {
      const { rootCertificates: trustedRoots } = await (await fetch(`${city.url}/api/trust`)).json()
      const now = Math.floor(city.clock().getTime() / 1000)
      await expect(verifyCertificateChain(x5c(), { trustedRoots, now })).resolves.toBeDefined()
    })

    test('do not contain the root, nor any other that signed itself', () => {
      expect(x5c().length).toBeGreaterThan(0)
      for (const certificate of x5c().map(certificateOf)) {
        expect(certificate.fingerprint256).not.toBe(root.fingerprint256)
        expect(certificate.verify(certificate.publicKey)).toBe(false)
        expect(certificate.subject).not.toBe(certificate.issuer)
      }
    })

    test('begin with a leaf that may sign and not certify', () => {
      const leaf = certificateOf(x5c()[0])
      expect(leaf.ca).toBe(false)
      expect(leaf.verify(root.publicKey)).toBe(true)
      expect(leaf.subjectAltName).toMatch(/^URI:/)
      expect(leaf.publicKey.asymmetricKeyDetails?.namedCurve).toBe('prime256v1')
    })
  },
)

test('the root itself certifies and signs itself, and is nothing that a verifier gets from us by the way', () => {
  expect(root.ca).toBe(true)
  expect(root.verify(root.publicKey)).toBe(true)
})
