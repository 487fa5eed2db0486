import type { Context } from '../context.ts'

const PATIENCE_MS = 2000

export type Readiness = {
  ready: boolean
  database: 'up' | 'down'
  /** The chain may be down: issuing goes on, anchoring catches up. So it does not decide `ready`. */
  chain: 'up' | 'down'
}

export function createHealth({ db, chain }: Pick<Context, 'db' | 'chain'>): {
  readiness(): Promise<Readiness>
} {
  return {
    readiness: async () => {
      const [database, chainUp] = await Promise.all([
        answers(db.sql`SELECT 1`.then(() => true)),
        answers(chain.isUp()),
      ])
      return { ready: database, database: database ? 'up' : 'down', chain: chainUp ? 'up' : 'down' }
    },
  }
}

async function answers(question: Promise<boolean>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), PATIENCE_MS)
  })
  try {
    return await Promise.race([question.catch(() => false), late])
  } finally {
    clearTimeout(timer)
  }
}
