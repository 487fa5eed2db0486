import { join, resolve } from 'node:path'
import { z } from 'zod'
import type { SignInSettings } from './sign-in/types.ts'

/** A setting that cannot be used. The message is one sentence per setting: which one, and what to do. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

export type Config = {
  port: number
  host: string
  /** Address under which browsers reach this installation; no trailing slash. */
  publicUrl: string
  /** Absolute folder that holds everything that must survive a restart. */
  dataDir: string
  /** Absent: PGlite inside this process, under `dataDir`. */
  databaseUrl?: string
  /** Absent: an embedded chain whose state lies under `dataDir`. */
  chainRpcUrl?: string
  chainId: number
  /** Blocks, the including one counted, after which an anchor counts as final. */
  chainConfirmations: number
  /** 32 bytes. Absent: generated at first start into `dataDir`. */
  masterKey?: Uint8Array
  logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent'
  anchorBatchSize: number
  anchorBatchAgeMs: number
  offerTtlSeconds: number
  /** `high`: only what the High Assurance Interoperability Profile (HAIP 1.0) allows. `open`: also anonymous wallets. */
  assurance: 'high' | 'open'
  /** A file of wallet providers that are trusted besides those of the city's folder. */
  walletProviders?: string
  /** Where citizens sign in. Absent: nowhere, or on a local installation at the sample provider, once it runs. */
  signIn?: SignInSettings
  /** Port of the sample sign-in provider; 0 means any free one. Absent: the next after `port`, or else any. */
  sampleSignInPort?: number
  /** Multiplies every rate limit; 0 lifts them all. */
  rateLimitFactor: number
  /** How many proxies in front may speak for the caller's address. */
  trustProxy: number
}

const whole = (what: string, minimum: number, maximum: number) =>
  z
    .string()
    .regex(/^\d+$/)
    .transform(Number)
    .refine((value) => value >= minimum && value <= maximum)
    .describe(`${what}, a whole number from ${minimum} to ${maximum}`)

/** Rules run even after an earlier one failed, so each must stand any text. */
const urlIn = (text: string): URL | undefined => (URL.canParse(text) ? new URL(text) : undefined)

const address = (protocols: string[], example: string) =>
  z
    .string()
    .refine((text) => protocols.includes(urlIn(text)?.protocol ?? ''))
    .describe(`an address such as ${example}`)

/** TLS is what vouches for a provider's keys (OpenID Connect Discovery 1.0 section 7.2); on this machine there is none. */
const isIssuer = (text: string) => {
  const url = urlIn(text)
  if (url?.search !== '' || url.hash !== '' || url.username !== '') return false
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLocalHost(url.hostname))
}

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
const ASSURANCES = ['high', 'open'] as const

/** Each variable with what it must be; the description ends the sentence "Set NAME to …". */
const variables = {
  PORT: whole('the port to listen on', 1, 65_535).default(8080),
  HOST: z
    .string()
    .regex(/^[\w.:-]+$/)
    .default('127.0.0.1')
    .describe('the address to listen on, such as 127.0.0.1 or 0.0.0.0'),
  PUBLIC_URL: z
    .string()
    .refine((text) => {
      const url = urlIn(text)
      return /^https?:$/.test(url?.protocol ?? '') && url?.pathname === '/' && !/[?#@]/.test(text)
    })
    .transform((text) => urlIn(text)?.origin ?? '')
    .optional()
    .describe('the address that browsers use, such as https://pass.example.kr, without a path'),
  DATA_DIR: z.string().default('.data').describe('a folder that may be written to'),
  DATABASE_URL: address(['postgres:', 'postgresql:'], 'postgresql://user:password@host:5432/pass').optional(),
  CHAIN_RPC_URL: address(['http:', 'https:'], 'http://127.0.0.1:8545').optional(),
  CHAIN_ID: whole("the chain's id", 1, 2 ** 31 - 1).default(8282),
  CHAIN_CONFIRMATIONS: whole('the blocks after which an anchor is final', 1, 1000).default(1),
  MASTER_KEY: z
    .string()
    .regex(/^[A-Za-z0-9+/]{43}=$/)
    .transform((text) => new Uint8Array(Buffer.from(text, 'base64')))
    .optional()
    .describe('32 random bytes in base64, as `openssl rand -base64 32` prints them'),
  LOG_LEVEL: z
    .enum(LOG_LEVELS)
    .default('info')
    .describe(`one of ${LOG_LEVELS.join(', ')}`),
  ANCHOR_BATCH_SIZE: whole('the most credentials under one root', 1, 100_000).default(1000),
  ANCHOR_BATCH_AGE_MS: whole('the longest wait for a batch in milliseconds', 1, 3_600_000).default(5000),
  OFFER_TTL_SECONDS: whole('how long an offer stays open in seconds', 30, 2_592_000).default(900),
  ASSURANCE: z
    .enum(ASSURANCES)
    .default('high')
    .describe(`one of ${ASSURANCES.join(', ')}`),
  WALLET_PROVIDERS: z
    .string()
    .endsWith('.json')
    .optional()
    .describe('the path of a file of wallet providers whose name ends in .json'),
  SIGN_IN_ISSUER: z
    .string()
    .refine(isIssuer)
    .optional()
    .describe('the issuer of an OpenID provider, such as https://sign-in.example.kr'),
  SIGN_IN_CLIENT_ID: z
    .string()
    .regex(/^[\x20-\x7e]{1,255}$/)
    .optional()
    .describe('the client id that the provider of SIGN_IN_ISSUER has for this city'),
  SIGN_IN_CLIENT_SECRET: z
    .string()
    .regex(/^[\x20-\x7e]{1,1000}$/)
    .optional()
    .describe('the secret that goes with SIGN_IN_CLIENT_ID'),
  SIGN_IN_SUBJECT_CLAIM: z
    .string()
    .regex(/^[\w:/.-]{1,100}$/)
    .default('sub')
    .describe("the name of the claim that is a person's stable identifier, such as sub"),
  SIGN_IN_SCOPE: z
    .string()
    .refine((text) => text.split(' ').includes('openid') && /^[\x21-\x7e ]{1,500}$/.test(text))
    .default('openid')
    .describe('scopes between spaces, openid among them'),
  SAMPLE_SIGN_IN_PORT: whole('the port of the sample sign-in provider', 0, 65_535).optional(),
  RATE_LIMIT_FACTOR: z
    .string()
    .regex(/^\d+(\.\d+)?$/)
    .transform(Number)
    .refine((value) => value <= 1_000_000)
    .default(1)
    .describe('what the rate limits are multiplied by, such as 1 or 2.5, or 0 for none'),
  TRUST_PROXY: whole('how many proxies stand in front', 0, 10).default(0),
} as const

/**
 * Reads the settings from environment variables; an empty one counts as absent.
 * @throws ConfigError with one sentence for each faulty variable. Values are not repeated: they may be secrets.
 */
export function readConfig(env: Record<string, string | undefined>): Config {
  const given = Object.fromEntries(
    Object.keys(variables)
      .map((name) => [name, env[name]?.trim()])
      .filter(([, value]) => value),
  )
  const result = z.object(variables).safeParse(given)
  if (!result.success) {
    const names = [...new Set(result.error.issues.map((issue) => String(issue.path[0])))]
    throw new ConfigError(names.map(sentenceFor).join('\n'))
  }
  const { data } = result
  const signIn = signInOf(data)
  return {
    port: data.PORT,
    host: data.HOST,
    publicUrl: data.PUBLIC_URL ?? `http://localhost:${data.PORT}`,
    dataDir: resolve(data.DATA_DIR),
    ...(data.DATABASE_URL === undefined ? {} : { databaseUrl: data.DATABASE_URL }),
    ...(data.CHAIN_RPC_URL === undefined ? {} : { chainRpcUrl: data.CHAIN_RPC_URL }),
    chainId: data.CHAIN_ID,
    chainConfirmations: data.CHAIN_CONFIRMATIONS,
    ...(data.MASTER_KEY === undefined ? {} : { masterKey: data.MASTER_KEY }),
    logLevel: data.LOG_LEVEL,
    anchorBatchSize: data.ANCHOR_BATCH_SIZE,
    anchorBatchAgeMs: data.ANCHOR_BATCH_AGE_MS,
    offerTtlSeconds: data.OFFER_TTL_SECONDS,
    assurance: data.ASSURANCE,
    ...(data.WALLET_PROVIDERS === undefined ? {} : { walletProviders: resolve(data.WALLET_PROVIDERS) }),
    ...(signIn ? { signIn } : {}),
    ...(data.SAMPLE_SIGN_IN_PORT === undefined ? {} : { sampleSignInPort: data.SAMPLE_SIGN_IN_PORT }),
    rateLimitFactor: data.RATE_LIMIT_FACTOR,
    trustProxy: data.TRUST_PROXY,
  }
}

type Data = z.output<z.ZodObject<typeof variables>>

/** @throws ConfigError for a provider without a client id, or a client id without its provider. */
function signInOf(data: Data): SignInSettings | undefined {
  const { SIGN_IN_ISSUER: issuer, SIGN_IN_CLIENT_ID: clientId, SIGN_IN_CLIENT_SECRET: clientSecret } = data
  if (issuer === undefined && clientId === undefined && clientSecret === undefined) return undefined
  if (issuer === undefined)
    throw new ConfigError(
      'SIGN_IN_ISSUER is missing: set it to the provider of SIGN_IN_CLIENT_ID, or remove both.',
    )
  if (clientId === undefined)
    throw new ConfigError(
      'SIGN_IN_CLIENT_ID is missing: set it to the id that the provider of SIGN_IN_ISSUER gave you.',
    )
  return {
    issuer,
    clientId,
    ...(clientSecret === undefined ? {} : { clientSecret }),
    subjectClaim: data.SIGN_IN_SUBJECT_CLAIM,
    scope: data.SIGN_IN_SCOPE,
  }
}

function sentenceFor(name: string): string {
  const description = variables[name as keyof typeof variables]?.description ?? unwrapped(name)
  return `${name} cannot be used: set it to ${description}, or remove it.`
}

/** A default or an optional hides the description of the schema inside it. */
function unwrapped(name: string): string {
  const schema: unknown = variables[name as keyof typeof variables]
  const inner = (schema as { unwrap?: () => z.ZodType }).unwrap?.()
  return inner?.description ?? 'a valid value'
}

/** Whether links that sign in without a passkey may work at all: only on the developer's own machine. */
export function isLocalInstallation(config: Pick<Config, 'publicUrl'>): boolean {
  return isLocalHost(new URL(config.publicUrl).hostname)
}

function isLocalHost(hostname: string): boolean {
  return ['localhost', '127.0.0.1'].includes(hostname)
}

/** Where the embedded database and the master key lie. */
export function dataPaths(config: Pick<Config, 'dataDir'>): { database: string; masterKey: string } {
  return { database: join(config.dataDir, 'database'), masterKey: join(config.dataDir, 'master.key') }
}
