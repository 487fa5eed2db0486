import { readFileSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { join } from 'node:path'
import { z } from 'zod'
import { type Config, ConfigError, isLocalInstallation } from '../config.ts'
import type { Context } from '../context.ts'
import { createSampleApp } from '../sample-identity/app.ts'
import { enrolSamplePeople, type SamplePerson } from '../sample-identity/people.ts'
import { createIdentities } from '../sign-in/identities.ts'
import { SIGN_IN_CALLBACK, type SignInSettings } from '../sign-in/types.ts'
import { checkPort, listen } from './listen.ts'

const CLIENT_ID = 'city'
/** Not the issuer, whose port may change from start to start: the people stay the same. */
const NAMESPACE = 'sample'

const sampleSchema = z.object({ signIn: z.object({ name: z.object({ ko: z.string(), en: z.string() }) }) })

export type SampleSignIn = {
  /** How the city signs in there, in the place of SIGN_IN_ISSUER and what goes with it. */
  settings: SignInSettings
  /** Lets the sample residents sign in. */
  enrol(context: Context): Promise<void>
  close(): Promise<void>
}

/** Only where nobody real signs in: on a local installation that names no provider. */
const isWanted = (config: Config) => isLocalInstallation(config) && config.signIn === undefined

/** @throws ConfigError when the port that the settings name cannot be had */
export async function checkSamplePort(config: Config): Promise<void> {
  const { host, sampleSignInPort: port } = config
  if (isWanted(config) && port) await checkPort({ host, port, setting: 'SAMPLE_SIGN_IN_PORT' })
}

/**
 * Starts the sample provider on a port of its own. Nobody can sign in before `enrol`.
 * @returns undefined where there is no place for it
 * @throws ConfigError when the port that the settings name cannot be had
 */
export async function startSampleSignIn(
  config: Config,
  { cityFolder, log, random }: Pick<Context, 'log' | 'random'> & { cityFolder: string },
): Promise<SampleSignIn | undefined> {
  if (!isWanted(config)) return undefined
  const { signIn } = sampleSchema.parse(JSON.parse(readFileSync(join(cityFolder, 'sample.json'), 'utf8')))
  let people: SamplePerson[] = []
  // The port is part of the issuer, so it listens first; what comes too early finds nothing.
  let app: RequestListener = (_request, response) => response.writeHead(503).end()
  const server = await listenSomewhere((request, response) => app(request, response), config)
  const issuer = `http://${new URL(config.publicUrl).hostname}:${server.port}`
  const clientSecret = Buffer.from(random(32)).toString('base64url')
  const redirectUri = `${config.publicUrl}${SIGN_IN_CALLBACK}`
  app = await createSampleApp({
    issuer,
    name: signIn.name,
    client: { clientId: CLIENT_ID, clientSecret, redirectUri },
    people: () => people,
    random,
    failed: (error) => log.error({ type: error.name }, 'the sample sign-in provider failed'),
  })
  return {
    settings: {
      issuer,
      clientId: CLIENT_ID,
      clientSecret,
      subjectClaim: 'sub',
      scope: 'openid',
      namespace: NAMESPACE,
    },
    enrol: async (context) => {
      people = await enrolSamplePeople(context, createIdentities(context))
    },
    close: server.close,
  }
}

/** On the port that the settings name; else on the next after the city's, or any when that is taken. */
async function listenSomewhere(app: RequestListener, { host, port, sampleSignInPort }: Config) {
  const on = (wanted: number) => listen(app, { host, port: wanted, setting: 'SAMPLE_SIGN_IN_PORT' })
  if (sampleSignInPort !== undefined) return on(sampleSignInPort)
  return on(port < 65_535 ? port + 1 : 0).catch((error) => {
    if (error instanceof ConfigError) return on(0)
    throw error
  })
}
