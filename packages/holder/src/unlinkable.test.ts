import { randomBytes } from 'node:crypto'
import { buildBatch } from '@pass/anchoring'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createTestAuthority, type TestAuthority } from './testing/authority.ts'
import { createTestIssuer, type TestIssuer, TX_CODE } from './testing/issuer.ts'
import { CITY, createPhone, type Phone } from './testing/phone.ts'
import { type Served, serve } from './testing/serve.ts'
import { createTestVerifier, type TestVerifier } from './testing/verifier.ts'

/** Whatever everyone shares who holds a card of this type from this day, and shows that they are an adult. */
const OF_THE_TYPE = [
  'header.alg',
  'header.kid',
  'header.typ',
  'header.x5c.0',
  'payload._sd_alg',
  'payload.cnf.jwk.crv',
  'payload.cnf.jwk.kty',
  'payload.exp',
  'payload.iat',
  'payload.iss',
  'payload.status.status_list.uri',
  'payload.vct',
]
const OF_THE_CLAIM = ['disclosure.1', 'disclosure.2']
const OF_THE_BINDING = ['binding.header.alg', 'binding.header.typ']
const OF_THE_CHAIN = ['binding.payload.anchor.chain', 'binding.payload.anchor.contract']
const OF_EVERYONE = [...OF_THE_TYPE, ...OF_THE_CLAIM, ...OF_THE_BINDING, ...OF_THE_CHAIN].sort()

let served: Served
let authority: TestAuthority
let issuer: TestIssuer
let phone: Phone
let anchored: number

beforeAll(async () => {
  served = await serve()
  authority = await createTestAuthority()
})
afterAll(() => served.stop())
beforeEach(async () => {
  anchored = 0
  const at = '/issuers/residents'
  const office = await authority.certify('Residents', `${served.url}${at}`)
  issuer = createTestIssuer(served, office, at, { refresh: true, batch: 4 })
  phone = createPhone({ rootCertificates: [authority.root], authority: CITY })
  await phone.holder.receive(await phone.holder.readOffer(issuer.offer().byValue), { txCode: TX_CODE })
})

/** Records each copy that is not recorded yet in a batch of its own among strangers', as the relay does. */
async function anchor(): Promise<void> {
  for (const { hash, receipt } of (await phone.holder.list()).flatMap(({ copies }) => copies)) {
    if (receipt) continue
    anchored++
    const strangers = Array.from({ length: 3 }, () => randomBytes(32).toString('hex'))
    const { root, paths } = buildBatch([hash, ...strangers])
    const body = {
      root,
      path: paths.get(hash),
      sequence: 100 + anchored,
      block: 7000 + anchored,
      time: 1_790_000_000 + 12 * anchored,
      chain: 8282,
      contract: `0x${'ab'.repeat(20)}`,
    }
    served.routes.set(`/api/anchors/${hash}`, () => ({ body }))
  }
  await phone.holder.refreshReceipts(served.url)
}

/** Shows to a verifier that nobody has heard of, a while later, and gives all that the verifier got. */
async function show(name: string): Promise<{ compact: string; answer: TestVerifier['answers'][number] }> {
  const certified = await authority.certify(name, `${served.url}/verifiers/${name}`)
  const verifier = await createTestVerifier(served, certified, [authority.root])
  phone.ahead += 2_000
  const query = {
    id: 'card',
    format: 'dc+sd-jwt',
    meta: { vct_values: [issuer.vct] },
    claims: [{ path: ['age_equal_or_over', '19'], values: [true] }],
  }
  await phone.holder.present(await phone.holder.readRequest(await verifier.ask({ credentials: [query] })))
  const [answer] = verifier.answers
  return { compact: answer?.presentations['card'] ?? '', answer: answer! }
}

const text = (part = '') => Buffer.from(part, 'base64url').toString()

/** A presentation in clear: its parts, and what is bytes and not text as it stands. */
function decoded(compact: string): Record<string, unknown> {
  const parts = compact.split('~')
  const [header, payload, signature] = (parts[0] ?? '').split('.')
  const [bindingHeader, bindingPayload, bindingSignature] = (parts.at(-1) ?? '').split('.')
  const [disclosure, ...more] = parts.slice(1, -1)
  expect(more).toEqual([])
  return {
    header: JSON.parse(text(header)),
    payload: JSON.parse(text(payload)),
    signature,
    disclosure: JSON.parse(text(disclosure)),
    binding: {
      header: JSON.parse(text(bindingHeader)),
      payload: JSON.parse(text(bindingPayload)),
      signature: bindingSignature,
    },
  }
}

/** Every value by its path. */
function leaves(value: unknown, path: string[] = []): [string, unknown][] {
  if (typeof value !== 'object' || value === null) return [[path.join('.'), value]]
  return Object.entries(value).flatMap(([name, member]) => leaves(member, [...path, name]))
}

function sharedBy(one: string, other: string): string[] {
  const others = new Map(leaves(decoded(other)))
  return leaves(decoded(one))
    .flatMap(([path, value]) => (others.get(path) === value ? [path] : []))
    .sort()
}

/**
 * Runs of characters that two presentations have in common, wherever they stand in them, when the names and the values
 * that everyone shares are taken out.
 */
function commonRuns(one: string, other: string): string[] {
  const [left, right] = [one, other].map((compact) => {
    const all = decoded(compact)
    const known = leaves(all)
      .filter(([path]) => OF_EVERYONE.includes(path))
      .map(([, value]) => String(value))
    const names = JSON.stringify(all).match(/"\w+"(?=:)/g) ?? []
    // Times and numbers are compared whole, above: that two of them begin alike says nothing.
    let rest = JSON.stringify(all).replace(/(?<=[:,[])\d+(?=[,}\]])/g, ' ')
    for (const taken of [...known, ...names, 'x509_hash'].sort((a, b) => b.length - a.length))
      rest = rest.replaceAll(taken, ' ')
    return rest
  }) as [string, string]
  const runs: string[] = []
  for (let at = 0; at + 8 <= left.length; at++) {
    const run = left.slice(at, at + 8)
    if (/^[\w-]{8}$/.test(run) && right.includes(run)) runs.push(run)
  }
  return runs
}

describe('two verifiers who compare notes', () => {
  test('find nothing in two copies but what everyone of the type shares', async () => {
    await anchor()
    const [library, cinema] = [await show('library'), await show('cinema')]
    expect(library.answer.verdicts['card']?.ok && cinema.answer.verdicts['card']?.ok).toBe(true)
    expect(sharedBy(library.compact, cinema.compact)).toEqual(OF_EVERYONE)
    expect(commonRuns(library.compact, cinema.compact)).toEqual([])
    expect(library.answer.jwe['epk']).not.toEqual(cinema.answer.jwe['epk'])
  })

  test('nor in copies of two batches', async () => {
    await anchor()
    const before = [await show('library'), await show('cinema')]
    expect(await phone.holder.refreshCopies()).toBe(1)
    await anchor()
    // The two that are left of the first batch, and then two of the second.
    const after = [await show('museum'), await show('theatre'), await show('ferry'), await show('stadium')]
    const all = [...before, ...after].map(({ compact }) => compact)
    for (const [i, one] of all.entries()) {
      for (const other of all.slice(i + 1)) {
        expect(sharedBy(one, other)).toEqual(OF_EVERYONE)
        expect(commonRuns(one, other)).toEqual([])
      }
    }
  })

  test('share with a card of somebody else the very same list', async () => {
    await anchor()
    const mine = await show('library')
    const other = createPhone({ rootCertificates: [authority.root], authority: CITY })
    const { holder: neighbour } = other
    issuer.faults.name = '박이웃'
    await neighbour.receive(await neighbour.readOffer(issuer.offer().byValue), { txCode: TX_CODE })
    other.ahead = 60_000
    phone = other
    await anchor()
    expect(sharedBy(mine.compact, (await show('cinema')).compact)).toEqual(OF_EVERYONE)
  })

  test('who got the same copy would know: the check sees it', async () => {
    await anchor()
    const first = await show('library')
    for (const name of ['a', 'b', 'c']) await show(name)
    const again = (await Promise.all([show('d')])).concat([await show('e'), await show('f'), await show('g')])
    const same = again.find(({ compact }) => compact.split('~')[0] === first.compact.split('~')[0])
    expect(same && sharedBy(first.compact, same.compact)).toContain('payload.cnf.jwk.x')
    expect(same && commonRuns(first.compact, same.compact).length).toBeGreaterThan(0)
  })
})
