// What a verification costs the server: request made, fetched, answered, result read.
import { createDecipheriv, createECDH, createPublicKey, createSecretKey, sign, verify } from 'node:crypto'
import { newKey, newKeys } from '../conformance/jose.ts'
import { createTestProvider } from '../conformance/wallet-provider.ts'
import { type BareCopy, bareWallet, digest, issueTo, presentCopy } from './bare-wallet.ts'
import { benchCity } from './bench-city.ts'
import { type Floor, load, measureFloor, profile, report } from './measure.ts'

/**
 * What no server can do without, when it knows the issuer's certificate, the status list and the roots: each
 * primitive of node:crypto on data of the length that it has in the protocol.
 */
async function floor(): Promise<Floor> {
  const { privateKey, jwk: publicJwk } = await newKey()
  const publicKey = createPublicKey({ key: publicJwk, format: 'jwk' })
  const pem = publicKey.export({ format: 'pem', type: 'spki' })
  const signed = Buffer.alloc(2500, 1)
  const short = Buffer.alloc(80, 1)
  const jose = { dsaEncoding: 'ieee-p1363' } as const
  const signature = sign('sha256', signed, { key: privateKey, ...jose })
  const der = sign('sha256', signed, privateKey)
  const peer = createECDH('prime256v1').generateKeys()
  const contentKey = createSecretKey(short.subarray(0, 16))
  return {
    // The request object.
    sign: {
      times: 1,
      run: () => sign('sha256', signed, { key: privateKey, ...jose }),
      cheapest: () => sign('sha256', signed, privateKey),
    },
    // The issuer's signature and the holder's; the issuer's key is known, the holder's comes with the credential.
    verify: {
      times: 2,
      run: () => verify('sha256', signed, { key: publicKey, ...jose }, signature),
      cheapest: () => verify('sha256', signed, publicKey, der),
    },
    importKey: {
      times: 1,
      run: () => createPublicKey({ key: publicJwk, format: 'jwk' }),
      cheapest: () => createPublicKey(pem),
    },
    // The key for the encrypted answer, and its use.
    agree: {
      times: 1,
      run: () => {
        const ecdh = createECDH('prime256v1')
        ecdh.generateKeys()
        return ecdh.computeSecret(peer)
      },
    },
    decrypt: {
      times: 1,
      run: () => {
        const cipher = createDecipheriv('aes-128-gcm', contentKey, short.subarray(0, 12))
        return cipher.update(Buffer.alloc(4000))
      },
    },
    // What the presentation is over (sd_hash), and what was anchored.
    longHash: { times: 2, run: () => digest(signed) },
    // The disclosures (the age flag and what holds it), the content key, and the leaf and path of the receipt.
    shortHash: { times: 14, run: () => digest(short) },
  }
}

const results: Record<string, unknown>[] = []
const provider = await createTestProvider()
for (const database of ['embedded', 'server'] as const) {
  const { city, inspectorPort, end } = await benchCity(database, { WALLET_PROVIDERS: provider.file })
  try {
    // More holder keys than any cache of ours holds: in life, each presentation comes with a key of its own.
    const copies: BareCopy[] = []
    const wallet = await bareWallet(city, provider)
    for (let i = 0; i < 60; i++) copies.push(...(await issueTo(city, wallet, await newKeys(10))))
    await receipts(city.url, copies)
    const operation = async (index: number) => {
      const copy = copies[index % copies.length]
      if (!copy) return
      const { body: asked } = await city.call('verifier', '/api/verifications', { template: 'age-19' })
      await presentCopy(asked.requestUri, copy, [['age_equal_or_over', '19']])
      const { body: result } = await city.call('verifier', `/api/verifications/${asked.id}`)
      if (result.state !== 'accepted') throw new Error(JSON.stringify(result))
    }
    const bare = measureFloor(await floor())
    const measured = await load(city, { seconds: 15, parallel: 4 }, operation)
    const spentOn = await profile(inspectorPort, () =>
      load(city, { seconds: 3, parallel: 4, warm: true }, operation),
    )
    const result = {
      database,
      ...report(measured, bare, spentOn),
    }
    console.log(JSON.stringify(result, null, 2))
    results.push(result)
  } finally {
    await end()
  }
}
const [headline, ...others] = results
console.log(JSON.stringify({ name: 'verification', ...headline, others }))
process.exit(0)

/** Waits until every copy is anchored, and keeps its receipt. */
async function receipts(url: string, copies: BareCopy[]): Promise<void> {
  for (const copy of copies)
    for (let tries = 0; copy.receipt === undefined; tries++) {
      const response = await fetch(`${url}/api/anchors/${copy.hash}`)
      if (response.ok) copy.receipt = await response.json()
      else if (tries > 300) throw new Error(`not anchored within a minute: ${response.status}`)
      else await new Promise((resolve) => setTimeout(resolve, 200))
    }
}
