import { randomBytes, randomUUID } from 'node:crypto'
import type { RequestListener } from 'node:http'
import { createBrowser } from '../../sign-in/testing/browser.ts'
import { openSignInParts } from '../../sign-in/testing/sign-in-parts.ts'
import type { SignInSettings } from '../../sign-in/types.ts'
import { listen } from '../../start/listen.ts'
import { createSampleApp } from '../app.ts'
import { enrolSamplePeople, type SamplePerson } from '../people.ts'

export const CALLBACK = 'http://localhost:8080/oauth/sign-in/callback'
const NAME = { ko: '예시 간편인증', en: 'Sample Sign-in' }

/** The sample provider over real HTTP, and a city that signs in there, with as many sample residents as are named. */
export async function startSampleCity(names: string[]) {
  const parts = await openSignInParts()
  const residents: string[] = []
  for (const name of names)
    residents.push(await parts.addResident(null, name, randomUUID().replace(/^(.{14})4/, '$18')))
  let people: SamplePerson[] = []
  const failures: Error[] = []
  const client = {
    clientId: 'city',
    clientSecret: randomBytes(24).toString('base64url'),
    redirectUri: CALLBACK,
  }

  let app: RequestListener = (_request, response) => response.writeHead(503).end()
  let server = await listen((request, response) => app(request, response), {
    host: '127.0.0.1',
    port: 0,
    setting: '',
  })
  const { port } = server
  const issuer = `http://localhost:${port}`
  app = await createSampleApp({
    issuer,
    name: NAME,
    client,
    people: () => people,
    random: parts.context.random,
    failed: (error) => failures.push(error),
  })
  const settings: SignInSettings = {
    issuer,
    clientId: client.clientId,
    clientSecret: client.clientSecret,
    subjectClaim: 'sub',
    scope: 'openid',
    namespace: 'sample',
  }
  const city = parts.cityWith(settings)
  const enrol = async () => {
    people = await enrolSamplePeople(city.context, city.identities)
    return people
  }
  await enrol()
  return {
    ...parts,
    ...city,
    settings,
    issuer,
    client,
    /** In the order of the names. */
    residents,
    people: () => people,
    failures,
    enrol,
    numberOf: async (id: string) =>
      (await parts.db.prisma.resident.findUniqueOrThrow({ where: { id } })).registerNo,
    /** Stops at the city's own address. */
    browser: () => createBrowser((url) => url.href.startsWith(CALLBACK)),
    down: () => server.close(),
    up: async () => {
      server = await listen((request, response) => app(request, response), {
        host: '127.0.0.1',
        port,
        setting: '',
      })
    },
    close: async () => {
      await server.close()
      await parts.db.close()
    },
  }
}
