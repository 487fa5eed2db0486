import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Anvil, startAnvil } from '@pass/chain/anvil'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startCity, type TestCity } from '../city.ts'
import { askFor, type Citizen, openCitizen, send, until } from '../headless-points.ts'
import { reconcile } from '../reconcile.ts'

const CHAIN_ID = 8282

describe('paying when things fail', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pass-chain-'))
  const stateFile = join(folder, 'chain.json')
  let anvil: Anvil
  let city: TestCity
  let citizen: Citizen
  const env = () => ({ CHAIN_RPC_URL: anvil.rpcUrl, CHAIN_ID: String(CHAIN_ID) })
  const settled = async (id: string) => {
    const { body } = await citizen.key.call(city.url, `/api/payments/${id}`)
    return body.status === 'settled'
  }
  const agree = async () => {
    await until(async () => (await citizen.points()).held === '0', 'everything held was settled')
    expect(await reconcile(city, env())).toMatchObject({ code: 0, last: 'database and chain agree' })
  }

  beforeAll(async () => {
    anvil = await startAnvil({ chainId: CHAIN_ID, stateFile })
    city = await startCity({ env: env() })
    citizen = await openCitizen(city)
    await citizen.earn(4)
  })
  afterAll(async () => {
    await city?.end()
    await anvil?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  it('the chain is down: the counter works on, and the payment settles when the chain is back', async () => {
    const { port } = anvil
    await anvil.stop()
    const { id: requestId, payee } = await askFor(city, '10')
    const began = performance.now()
    const paid = await citizen.send(await citizen.sign({ requestId, payee, amount: '10' }))
    expect(paid).toMatchObject({ status: 201, body: { status: 'held', amount: '10' } })
    expect(performance.now() - began).toBeLessThan(2000)
    expect((await citizen.points()).held).toBe('10')
    anvil = await startAnvil({ chainId: CHAIN_ID, stateFile, port })
    await until(() => settled(paid.body.id), 'the payment settled')
    await agree()
  })

  it('the API is killed between the hold and its settlement: nothing is lost, and nothing paid twice', async () => {
    const { port } = anvil
    await anvil.stop()
    const { id: requestId, payee } = await askFor(city, '11')
    const signed = await citizen.sign({ requestId, payee, amount: '11' })
    const paid = await citizen.send(signed)
    expect(paid.status).toBe(201)
    await city.kill()
    anvil = await startAnvil({ chainId: CHAIN_ID, stateFile, port })
    city = await city.restart()
    // The phone never got its answer and asks again.
    expect(await send(city, signed)).toMatchObject({ status: 200, body: { id: paid.body.id } })
    await until(() => settled(paid.body.id), 'the payment settled')
    await agree()
  })

  it('a phone without a network: the merchant sends the signed code, and a second scan changes nothing', async () => {
    const { id: requestId, payee } = await askFor(city, '12')
    const code = citizen.codeOf(await citizen.sign({ requestId, payee, amount: '12' }))
    const before = BigInt((await citizen.points()).spendable)
    const scan = () => city.call('merchant', '/api/merchant/payment-codes', { code })
    const [first, second] = await Promise.all([scan(), scan()])
    // Not the first answer once more: who shows an old code again must not be seen to pay.
    expect([first.status, second.status].sort()).toEqual([201, 409])
    expect([first, second].find(({ status }) => status === 409)?.body.code).toMatch(
      /^(code_used|request_paid)$/,
    )
    expect(before - BigInt((await citizen.points()).spendable)).toBe(12n)
    await agree()
  })

  it('two devices at once: of two payments that together are too much, exactly one is taken', async () => {
    const { spendable } = await citizen.points()
    const amount = String(BigInt(spendable) - 1n)
    const requests = [await askFor(city, amount), await askFor(city, amount)]
    const { lastNonce } = await citizen.points()
    const payments = await Promise.all(
      requests.map(({ id, payee }, index) =>
        citizen.sign({ requestId: id, payee, amount, nonce: lastNonce + 1 + index }),
      ),
    )
    const answers = await Promise.all(payments.map((payment) => citizen.send(payment)))
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
    const refused = answers.find(({ status }) => status !== 201)
    expect(['points_too_few', 'code_used']).toContain(refused?.body.code)
    await agree()
  })

  it('the chain comes back older than it was: what it lost is done again, once', async () => {
    await citizen.earn(1)
    const { port } = anvil
    // The state on disk is up to a second old: what was final a moment ago is gone.
    const { id: requestId, payee } = await askFor(city, '13')
    const paid = await citizen.send(await citizen.sign({ requestId, payee, amount: '13' }))
    expect(paid.status).toBe(201)
    await until(() => settled(paid.body.id), 'the payment settled')
    await anvil.kill()
    anvil = await startAnvil({ chainId: CHAIN_ID, stateFile, port })
    await until(() => settled(paid.body.id), 'the payment settled again')
    await agree()
  })

  it('an amount changed, another merchant, a spent or stale code, and nothing at all: refused with the reason', async () => {
    await citizen.earn(1)
    const { id: requestId, payee } = await askFor(city, '5')
    const signed = await citizen.sign({ requestId, payee, amount: '5' })
    expect((await citizen.send({ ...signed, amount: '4' })).body.code).toBe('bad_signature')
    const cheaper = await citizen.sign({ requestId, payee, amount: '4' })
    expect((await citizen.send(cheaper)).body.code).toBe('amount_differs')
    expect((await citizen.send({ ...signed, payee: payee + 1000 })).status).toBeGreaterThanOrEqual(400)
    expect(
      (await citizen.send({ ...signed, deadline: signed.deadline - 3600 })).status,
    ).toBeGreaterThanOrEqual(400)
    expect((await city.call('merchant', '/api/merchant/payment-codes', { code: 'PASSPAY1:' })).status).toBe(
      400,
    )
    expect((await citizen.send({} as never)).status).toBe(400)
    await agree()
  })
})
