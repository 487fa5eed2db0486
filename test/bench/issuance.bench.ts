// What an issuance costs the server, from the officer's request to the signed copies.
//
// The headline is a batch of ten, because that is what the wallet asks for: a card has ten copies, so that two
// verifiers cannot tell that they saw the same one. A batch of one is reported beside it; there the five requests
// over HTTP weigh most.
import { createPublicKey, sign, verify } from 'node:crypto'
import { bareKey, issueTo, sha256 } from './bare-wallet.ts'
import { benchCity } from './bench-city.ts'
import { type Floor, load, measureFloor, profile, report } from './measure.ts'

/** Claims of a resident card, each of which has a digest of its own. */
const DISCLOSURES = 12

/**
 * What no server can do without, for a batch of that many copies: each primitive of node:crypto on
 * data of the length that it has in the protocol.
 */
function floorOf(copies: number): Floor {
  const { privateKey, publicJwk } = bareKey()
  const publicKey = createPublicKey({ key: publicJwk, format: 'jwk' })
  const pem = publicKey.export({ format: 'pem', type: 'spki' })
  const proof = Buffer.alloc(500, 1)
  const jose = { dsaEncoding: 'ieee-p1363' } as const
  const proofSignature = sign('sha256', proof, { key: privateKey, ...jose })
  const proofDer = sign('sha256', proof, privateKey)
  const issuerSigned = Buffer.alloc(2500, 1)
  const disclosure = Buffer.alloc(80, 1)
  return {
    // Two DPoP proofs and a key proof for each copy, every one by a key seen for the first time.
    importKey: {
      times: 2 + copies,
      run: () => createPublicKey({ key: publicJwk, format: 'jwk' }),
      cheapest: () => createPublicKey(pem),
    },
    verify: {
      times: 2 + copies,
      run: () => verify('sha256', proof, { key: publicKey, ...jose }, proofSignature),
      cheapest: () => verify('sha256', proof, publicKey, proofDer),
    },
    sign: {
      times: copies,
      run: () => sign('sha256', issuerSigned, { key: privateKey, ...jose }),
      cheapest: () => sign('sha256', issuerSigned, privateKey),
    },
    // Per copy a digest for each disclosure, the thumbprint of its key and the hash that is anchored.
    digest: { times: copies * (DISCLOSURES + 1), run: () => sha256(disclosure) },
    anchoredHash: { times: copies, run: () => sha256(issuerSigned) },
    // The code, the transaction code, the access token (twice), its hash in the proof, the two thumbprints, the keys.
    secrets: { times: 8, run: () => sha256(disclosure) },
  }
}

const results: Record<string, unknown>[] = []
for (const database of ['embedded', 'server'] as const) {
  const { city, inspectorPort, end } = await benchCity(database)
  try {
    for (const copies of [10, 1]) {
      // Keys made beforehand: making them is the wallet's work.
      const sets = Array.from({ length: 150 }, () => Array.from({ length: copies }, bareKey))
      const operation = async (index: number) => {
        await issueTo(city, sets[index % sets.length] ?? [])
      }
      const floor = measureFloor(floorOf(copies))
      const measured = await load(city, { seconds: 12, parallel: 4 }, operation)
      const spentOn = await profile(inspectorPort, () =>
        load(city, { seconds: 3, parallel: 4, warm: true }, operation),
      )
      const result = {
        database,
        copies,
        ...report(measured, floor, spentOn),
      }
      console.log(JSON.stringify(result, null, 2))
      results.push(result)
    }
  } finally {
    await end()
  }
}
const [headline, ...others] = results
console.log(JSON.stringify({ name: 'issuance', ...headline, others }))
process.exit(0)
