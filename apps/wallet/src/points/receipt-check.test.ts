import 'fake-indexeddb/auto'
import { createHash } from 'node:crypto'
import { buildBatch } from '@pass/anchoring'
import { afterEach, describe, expect, it } from 'vitest'
import { createPhone, type Phone } from '../account/testing/phone.ts'
import { checkReceipt } from './receipt-check.ts'

const hashes = Array.from({ length: 5 }, (_, index) =>
  createHash('sha256').update(`award ${index}`).digest('hex'),
)
const [hash = '', other = ''] = hashes
const { root, paths } = buildBatch(hashes)
const KNOWN = { sequence: 4, block: 90, time: 1_795_000_000 }
const CHAIN = { chain: 8282, contract: `0x${'c0'.repeat(20)}` }
const receiptOf = (one: string) => ({ root, path: paths.get(one), ...KNOWN, ...CHAIN })

const phones: Phone[] = []
afterEach(() => {
  for (const phone of phones.splice(0)) phone.close()
})

/** A wallet before a city that answers with this receipt, and whose record has these roots. */
async function check(receipt: unknown, roots: unknown[]) {
  const phone = createPhone(crypto.randomUUID(), ({ path }) => {
    if (path.startsWith('/api/anchors/roots')) return { body: { ...CHAIN, roots, nextAfter: null } }
    return receipt === undefined ? { status: 404, body: { code: 'not_anchored_yet' } } : { body: receipt }
  })
  phones.push(phone)
  return { standing: await checkReceipt(await phone.tab(), hash), phone }
}

describe('the record of a payment or an award', () => {
  it('is confirmed by this device when it leads to a root of the city’s record, with the record’s time', async () => {
    const { standing, phone } = await check({ ...receiptOf(hash), time: 1 }, [{ root, ...KNOWN }])
    expect(standing).toEqual({ standing: 'recorded', time: KNOWN.time * 1000 })
    expect(phone.requests.map(({ path }) => path)).toEqual([
      `/api/anchors/${hash}`,
      '/api/anchors/roots?after=3&limit=1',
    ])
  })

  it('is wrong when the receipt is that of something else', async () => {
    expect((await check(receiptOf(other), [{ root, ...KNOWN }])).standing).toEqual({ standing: 'wrong' })
  })

  it('is waited for while there is no receipt, or the record does not have its root', async () => {
    expect((await check(undefined, [])).standing).toEqual({ standing: 'waiting' })
    expect((await check(receiptOf(hash), [])).standing).toEqual({ standing: 'waiting' })
  })
})
