// What an issuance costs the server, from the officer's request to the signed copies, with all that HAIP 1.0 has: wallet
// attestation, DPoP with nonces, key attestation, request and response encrypted, and the wallet's word that it arrived.
//
// The headline is a batch of ten copies, because that is what the wallet asks for. Then each part is left out in turn:
// what it costs is the difference. A batch of one is reported beside it; there the requests over HTTP weigh most.
import {
  createCipheriv,
  createDecipheriv,
  createECDH,
  createPublicKey,
  createSecretKey,
  sign,
  verify,
} from 'node:crypto'
import { type Key, newKey, newKeys } from '../conformance/jose.ts'
import { createTestProvider } from '../conformance/wallet-provider.ts'
import { type BareWallet, bareWallet, digest, issueTo, type Parts } from './bare-wallet.ts'
import { benchCity } from './bench-city.ts'
import { type Floor, load, type MeasuredFloor, measureFloor, profile, report, round } from './measure.ts'

/** Claims of a resident card, each of which has a digest of its own. */
const DISCLOSURES = 12
const LANES = 4
const EVERYTHING: Parts = { keyAttestation: true, encryption: true, notification: true }
const NAMES = Object.keys(EVERYTHING) as (keyof Parts)[]

/**
 * What no server can do without, for a batch of that many copies: each primitive of node:crypto on
 * data of the length that it has in the protocol.
 */
async function floorOf(copies: number, parts: Parts): Promise<Floor> {
  const { privateKey, jwk } = await newKey()
  const publicKey = createPublicKey({ key: jwk, format: 'jwk' })
  const pem = publicKey.export({ format: 'pem', type: 'spki' })
  const proof = Buffer.alloc(500, 1)
  const jose = { dsaEncoding: 'ieee-p1363' } as const
  const proofSignature = sign('sha256', proof, { key: privateKey, ...jose })
  const proofDer = sign('sha256', proof, privateKey)
  const issuerSigned = Buffer.alloc(2500, 1)
  const disclosure = Buffer.alloc(80, 1)
  const peer = createECDH('prime256v1').generateKeys()
  const ours = createECDH('prime256v1')
  ours.generateKeys()
  const contentKey = createSecretKey(Buffer.alloc(32, 1))
  const iv = Buffer.alloc(12)
  const attestation = parts.keyAttestation ? 1 : 0
  const encryption = parts.encryption ? 1 : 0
  const notification = parts.notification ? 1 : 0
  // At the token endpoint the wallet's attestation, its proof of possession and the DPoP proof; the two of the wallet's
  // keys are seen for the first time, the provider's is known. Then a DPoP proof for each further request.
  const wallets = 2 + 1 + notification
  return {
    importKey: {
      times: wallets + copies,
      run: () => createPublicKey({ key: jwk, format: 'jwk' }),
      cheapest: () => createPublicKey(pem),
    },
    verify: {
      times: 1 + wallets + copies + attestation,
      run: () => verify('sha256', proof, { key: publicKey, ...jose }, proofSignature),
      cheapest: () => verify('sha256', proof, publicKey, proofDer),
    },
    sign: {
      times: copies,
      run: () => sign('sha256', issuerSigned, { key: privateKey, ...jose }),
      cheapest: () => sign('sha256', issuerSigned, privateKey),
    },
    // Per copy a digest for each disclosure, the thumbprint of its key and the hash that is anchored.
    digest: { times: copies * (DISCLOSURES + 1), run: () => digest(disclosure) },
    anchoredHash: { times: copies, run: () => digest(issuerSigned) },
    // The code, the transaction code, the access token (twice), its hash in the proof, the thumbprints, the keys.
    secrets: { times: 10 + notification, run: () => digest(disclosure) },
    agree: { times: encryption, run: () => ours.computeSecret(peer) },
    // The ephemeral key of the answer.
    agreeAnew: {
      times: encryption,
      run: () => {
        const ecdh = createECDH('prime256v1')
        ecdh.generateKeys()
        return ecdh.computeSecret(peer)
      },
    },
    decrypt: {
      times: encryption,
      run: () => createDecipheriv('aes-256-gcm', contentKey, iv).update(Buffer.alloc(500 + 900 * copies)),
    },
    encrypt: {
      times: encryption,
      run: () => createCipheriv('aes-256-gcm', contentKey, iv).update(Buffer.alloc(4000 * copies)),
    },
  }
}

const provider = await createTestProvider()
const results: Record<string, unknown>[] = []
for (const database of ['embedded', 'server'] as const) {
  const { city, inspectorPort, end } = await benchCity(database, { WALLET_PROVIDERS: provider.file })
  try {
    const wallets: BareWallet[] = []
    for (let lane = 0; lane < LANES; lane++) wallets.push(await bareWallet(city, provider))
    const operations = async (copies: number, parts: Parts) => {
      // Keys made beforehand: making them is the wallet's work.
      const sets: Key[][] = await Promise.all(Array.from({ length: 150 }, () => newKeys(copies)))
      const free = [...wallets]
      return async (index: number) => {
        const wallet = free.pop() ?? wallets[0]
        if (!wallet) return
        await issueTo(city, wallet, sets[index % sets.length] ?? [], parts)
        free.push(wallet)
      }
    }
    const measure = async (copies: number) => {
      const floor: MeasuredFloor = measureFloor(await floorOf(copies, EVERYTHING))
      const operation = await operations(copies, EVERYTHING)
      const measured = await load(city, { seconds: 12, parallel: LANES }, operation)
      const spentOn = await profile(inspectorPort, () =>
        load(city, { seconds: 3, parallel: LANES, warm: true }, operation),
      )
      return { database, copies, ...report(measured, floor, spentOn) }
    }
    const ten = await measure(10)
    const partsMs: Record<string, number> = {}
    for (const name of NAMES) {
      const without = await operations(10, { ...EVERYTHING, [name]: false })
      const { cpuMsPerOp } = await load(city, { seconds: 6, parallel: LANES, warm: true }, without)
      partsMs[name] = round(ten.cpuMsPerOp - cpuMsPerOp)
    }
    const least = await load(city, { seconds: 6, parallel: LANES, warm: true }, await operations(10, {}))
    const result = { ...ten, partsMs, withoutThemMs: least.cpuMsPerOp }
    console.log(JSON.stringify(result, null, 2))
    results.push(result)
    const one = await measure(1)
    console.log(JSON.stringify(one, null, 2))
    results.push(one)
  } finally {
    await end()
  }
}
provider.remove()
const [headline, ...others] = results
console.log(JSON.stringify({ name: 'issuance', ...headline, others }))
process.exit(0)
