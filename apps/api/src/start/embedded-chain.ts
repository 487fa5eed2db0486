import { type Anvil, startAnvil } from '@pass/chain/anvil'
import type { Logger } from 'pino'
import { ConfigError } from '../config.ts'

const LOOK_MS = 500
const AGAIN_MS = 3000

export type EmbeddedChain = {
  rpcUrl: string
  /** Starts it again, on the same port and state, whenever its process is gone; then runs `repair` until it works. */
  keepAlive(repair: () => Promise<void>): void
  stop(): Promise<void>
}

/**
 * The chain on this machine, watched.
 * @throws ConfigError when it does not start
 */
export async function startEmbeddedChain(options: {
  stateFile: string
  chainId: number
  log: Logger
  /** Is told the process id of each start. */
  chainStarted: (pid: number) => void
}): Promise<EmbeddedChain> {
  const { stateFile, chainId, log, chainStarted } = options
  const start = async (port?: number): Promise<Anvil> => {
    const started = await startAnvil({ stateFile, chainId, ...(port ? { port } : {}) })
    chainStarted(started.pid)
    return started
  }
  let anvil = await start().catch((cause: Error) => {
    throw new ConfigError(sentenceFor(cause, stateFile), { cause })
  })
  let timer: NodeJS.Timeout | undefined
  let look: Promise<void> = Promise.resolve()
  let stopped = false
  let whole = true

  const mend = async (repair: () => Promise<void>): Promise<void> => {
    if (!isAlive(anvil.pid)) {
      log.warn('the embedded chain ended; it is started again')
      whole = false
      anvil = await start(anvil.port)
    }
    if (whole) return
    await repair()
    whole = true
    log.info('the embedded chain is back')
  }
  const watch = (repair: () => Promise<void>, delay: number) => {
    if (stopped) return
    timer = setTimeout(() => {
      look = mend(repair).then(
        () => watch(repair, LOOK_MS),
        (err: unknown) => {
          log.error({ err }, 'the embedded chain does not come back; what is issued waits to be anchored')
          watch(repair, AGAIN_MS)
        },
      )
    }, delay)
    timer.unref()
  }

  return {
    rpcUrl: anvil.rpcUrl,
    keepAlive: (repair) => watch(repair, LOOK_MS),
    stop: async () => {
      stopped = true
      clearTimeout(timer)
      await look
      await anvil.stop()
    },
  }
}

/** Our own child: once it has ended, Node has waited for it, and its number answers to nobody. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

function sentenceFor({ message }: Error, stateFile: string): string {
  return message.includes(stateFile)
    ? `The state of the embedded chain (${stateFile}) is damaged and there is no copy: put back a backup, or remove the file, and the next start makes a new chain and anchors everything again.`
    : `The embedded chain does not start: ${message.split('\n')[0]}`
}
