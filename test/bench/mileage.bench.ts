// What points cost: gas on the chain, payments at the counter, and with `--citizens N` a programme's whole year.
import { parseArgs } from 'node:util'
import { measureGas } from './mileage/gas.ts'
import { measureHolds } from './mileage/holds.ts'
import { liveAYear } from './mileage/life.ts'

const { values } = parseArgs({ args: process.argv.slice(3), options: { citizens: { type: 'string' } } })
if (values.citizens === undefined) await costs()
else await life(values.citizens)
process.exit(0)

async function costs(): Promise<void> {
  const gas = await measureGas()
  console.log(JSON.stringify(gas, null, 2))
  const results = []
  for (const database of ['embedded', 'server'] as const) {
    const result = await measureHolds(database)
    console.log(JSON.stringify(result, null, 2))
    results.push(result)
  }
  const [headline, ...others] = results
  const { awardExisting, awardNew, redemption, settlement } = gas
  console.log(
    JSON.stringify({
      name: 'mileage',
      gasPerAwardExisting: awardExisting['1000'],
      gasPerAwardNew: awardNew['1000'],
      gasPerRedemption: redemption['1000'],
      ...headline,
      gas: { awardExisting, awardNew, redemption, settlement },
      others,
    }),
  )
}

async function life(citizens: string): Promise<void> {
  if (!/^\d+$/.test(citizens) || Number(citizens) < 1000)
    throw new Error('--citizens takes a number from 1000 on.')
  console.log(JSON.stringify({ name: 'mileage', ...(await liveAYear(Number(citizens))) }))
}
