import { startPostgres } from '@pass/database/testing'
import { freePort, startCity, type TestCity } from '../city.ts'

/** A city without rate limits whose profile can be taken. `databaseUrl` is that of the server, if there is one. */
export async function benchCity(
  database: 'embedded' | 'server',
  more: Record<string, string> = {},
): Promise<{
  city: TestCity
  inspectorPort: number
  databaseUrl: string | undefined
  end: () => Promise<void>
}> {
  const server = database === 'server' ? await startPostgres() : undefined
  const inspectorPort = await freePort()
  const city = await startCity({
    nodeArgs: [`--inspect=127.0.0.1:${inspectorPort}`],
    // As `npm start` has it; cities under test anchor sooner.
    env: {
      RATE_LIMIT_FACTOR: '0',
      ANCHOR_BATCH_AGE_MS: '5000',
      ...(server ? { DATABASE_URL: server.url } : {}),
      ...more,
    },
  })
  return {
    city,
    inspectorPort,
    databaseUrl: server?.url,
    end: async () => {
      await city.end()
      await server?.stop()
    },
  }
}
