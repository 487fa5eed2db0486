import type { Context } from '../context.ts'
import { safeError } from '../http/failure.ts'

const TICK_MS = 1000
const HOUR_MS = 60 * 60 * 1000

type Step = () => Promise<unknown>

/**
 * What goes on beside payments: refunds and freezes on to the chain, exchanges on to the local currency, and each hour
 * the periods that are over. Every step finds its work in the database, so a process may end at any moment.
 */
export function createPaymentWorker(
  { log }: Pick<Context, 'log'>,
  { often, hourly, tickMs = TICK_MS }: { often: Step[]; hourly: Step[]; tickMs?: number },
): { start(): void; stop(): Promise<void> } {
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> | undefined
  let lastHour = 0
  /** Said once, not every second of an outage. */
  const failing = new Set<Step>()

  const run = async (step: Step) => {
    try {
      await step()
      failing.delete(step)
    } catch (error) {
      if (!failing.has(step))
        log.error({ error: safeError(error) }, 'a step beside payments fails, and is tried again')
      failing.add(step)
    }
  }
  const tick = async () => {
    for (const step of often) await run(step)
    if (Date.now() - lastHour < HOUR_MS) return
    lastHour = Date.now()
    for (const step of hourly) await run(step)
  }
  return {
    start: () => {
      timer ??= setInterval(() => {
        running ??= tick().finally(() => {
          running = undefined
        })
      }, tickMs)
      timer.unref()
    },
    stop: async () => {
      clearInterval(timer)
      timer = undefined
      await running
    },
  }
}
