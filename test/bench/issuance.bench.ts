// What an issuance costs the server, from the officer's request to the signed copies.
import { createPublicKey, sign, verify } from 'node:crypto'
import { bareKey, issueTo, sha256 } from './bare-wallet.ts'
import { type Floor, load, measureFloor, profile, round } from './measure.ts'
import { benchCity } from './bench-city.ts'

/** What no server can do without, for a batch of that many copies. */
function floorOf(copies: number): Floor {
  const key = bareKey()
  const data = Buffer.alloc(900, 1)
  const publicKey = createPublicKey({ key: key.publicJwk, format: 'jwk' })
  const options = { dsaEncoding: 'ieee-p1363' } as const
  const signature = sign('sha256', data, { key: key.privateKey, ...options })
  const claims = 12
  return {
    // Two DPoP proofs and a key proof for each copy, every one by a key seen for the first time.
    verify: { times: 2 + copies, run: () => verify('sha256', data, { key: publicKey, ...options }, signature) },
    importKey: { times: 2 + copies, run: () => createPublicKey({ key: key.publicJwk, format: 'jwk' }) },
    sign: { times: copies, run: () => sign('sha256', data, { key: key.privateKey, ...options }) },
    // Per copy a digest for each disclosure and the anchored hash; codes, tokens and thumbprints besides.
    hash: { times: copies * (claims + 2) + 8, run: () => sha256(data) },
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
      const spentOn = await profile(inspectorPort, () => load(city, { seconds: 3, parallel: 4 }, operation))
      const result = {
        database,
        copies,
        perSecond: measured.perSecond,
        cpuMsPerOp: measured.cpuMsPerOp,
        floorMsPerOp: round(floor.total),
        overFloor: round(measured.cpuMsPerOp / floor.total),
        floor: floor.parts,
        spentOn,
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
