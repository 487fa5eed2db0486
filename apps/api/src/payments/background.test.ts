import { setTimeout as wait } from 'node:timers/promises'
import { pino } from 'pino'
import { expect, it } from 'vitest'
import { createPaymentWorker } from './background.ts'

it('goes on with the other steps when one fails, says so once, and waits for what is under way at the end', async () => {
  const lines: string[] = []
  const log = pino({ base: null }, { write: (line) => void lines.push(line) })
  const done = { failing: 0, often: 0, hourly: 0, atOnce: 0, most: 0 }
  const worker = createPaymentWorker(
    { log },
    {
      tickMs: 5,
      often: [
        async () => {
          done.failing++
          throw new Error('no database')
        },
        async () => {
          done.most = Math.max(done.most, ++done.atOnce)
          await wait(12)
          done.atOnce--
          done.often++
        },
      ],
      hourly: [async () => void done.hourly++],
    },
  )
  worker.start()
  worker.start()
  while (done.often < 3) await wait(5)
  await worker.stop()
  const after = { ...done }
  expect(after).toMatchObject({ atOnce: 0, most: 1, hourly: 1 })
  expect(after.failing).toBeGreaterThanOrEqual(3)
  expect(lines).toHaveLength(1)
  await wait(30)
  expect(done).toEqual(after)
})
