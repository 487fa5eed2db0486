import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { keyHashOf } from '@pass/agent'
import { buildBatch, type Receipt } from '@pass/anchoring'
import { type IssuerRecord, typeHash } from '@pass/chain'
import { type ClaimPath, issueSdJwtVc, type PublicJwk, presentSdJwt, type Sign } from '@pass/credentials'
import { CompactEncrypt, decodeJwt, importJWK } from 'jose'
import { ANCHOR_CONTRACT, CHAIN_ID, type Desk } from './desk.ts'

export type TestKey = { publicJwk: PublicJwk; sign: Sign }

export function makeKey(): TestKey {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { publicJwk: publicKey.export({ format: 'jwk' }) as PublicJwk, sign: signerOf(privateKey) }
}

const signerOf =
  (key: KeyObject): Sign =>
  async (data) =>
    sign('sha256', data, { key, dsaEncoding: 'ieee-p1363' })

export type Issuer = {
  did: string
  kid: string
  url: string
  key: TestKey
  x5c: string[]
  record: IssuerRecord
}

/** An issuer with a certificate of the city, registered and accredited since a day. */
export async function makeIssuer(desk: Desk, id = 'residents', types = ['resident']): Promise<Issuer> {
  const key = makeKey()
  const url = `${desk.url}/issuers/${id}`
  const request = { publicJwk: key.publicJwk, commonName: id, organization: id, sanUri: url, days: 100 }
  const x5c = await desk.agent.authority.issueCertificate(request)
  const did = `did:ethr:0x205a:0x${createHash('sha256').update(key.publicJwk.x).digest('hex').slice(0, 40)}`
  const from = desk.now() - 86_400
  const record: IssuerRecord = {
    registeredAt: from,
    suspensions: [],
    keys: [{ keyHash: keyHashOf(key.publicJwk), from, until: null }],
    types: types.map((type) => ({ typeHash: typeHash(type), periods: [{ from, until: null }] })),
  }
  desk.chain.issuers.set(did, record)
  return { did, kid: `${did}#key`, url, key, x5c, record }
}

export type Held = { credential: string; hash: string; holder: TestKey; receipt?: Receipt }

export const CLAIMS = {
  name_ko: '김시민',
  birth_date: '1990-01-01',
  district_code: '28185',
  district_name: '연수구',
  age_equal_or_over: { '19': true },
}
const FRAME = {
  _sd: ['name_ko', 'birth_date', 'district_code', 'district_name'],
  age_equal_or_over: { _sd: ['19'] },
}

export type IssueOptions = {
  claims?: Record<string, unknown>
  type?: string
  iat?: number
  exp?: number
  status?: { idx: number; uri: string }
  kid?: string
  x5c?: string[]
  iss?: string
  holder?: TestKey
}

export async function issue(desk: Desk, issuer: Issuer, options: IssueOptions = {}): Promise<Held> {
  const holder = options.holder ?? makeKey()
  const iat = options.iat ?? desk.now()
  const { credential, hash } = await issueSdJwtVc({
    claims: options.claims ?? CLAIMS,
    disclosureFrame: FRAME,
    vct: `${desk.url}/credential-types/${options.type ?? 'resident'}`,
    issuer: options.iss ?? issuer.url,
    kid: options.kid ?? issuer.kid,
    x5c: options.x5c ?? issuer.x5c,
    cnfJwk: holder.publicJwk,
    ...(options.status ? { status: options.status } : {}),
    iat,
    exp: options.exp ?? iat + 86_400,
    sign: issuer.key.sign,
    randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
  })
  return { credential, hash, holder }
}

let sequence = 0

/** Anchors a credential at `time`, as the relay would have written it down, and gives it its receipt. */
export async function anchor(
  desk: Desk,
  held: Held,
  time = desk.now(),
): Promise<Held & { receipt: Receipt }> {
  const { root, paths } = buildBatch([held.hash, 'ff'.repeat(32)])
  const path = paths.get(held.hash) ?? []
  const number = ++sequence
  await desk.db.sql`
    INSERT INTO "AnchorBatch" ("root", "leafCount", "status", "sequence", "blockNumber", "blockTime", "confirmedAt")
    VALUES (${root}, 2, 'confirmed', ${number}, ${number + 10}, ${time}, now())`
  await desk.db.sql`INSERT INTO "AnchorLeaf" ("hash", "root", "path") VALUES (${held.hash}, ${root}, ${path})`
  const receipt: Receipt = {
    root,
    path,
    sequence: number,
    block: number + 10,
    time,
    chain: CHAIN_ID,
    contract: ANCHOR_CONTRACT,
  }
  return { ...held, receipt }
}

export type Asked = { id: string; requestUri: string; walletLink: string; expiresAt: string }

export async function ask(desk: Desk, body: unknown, verifier = 'library'): Promise<Asked> {
  const response = await desk.post('/api/verifications', body, verifier)
  if (response.status !== 201) throw new Error(`${response.status} ${await response.text()}`)
  return (await response.json()) as Asked
}

export type RequestObject = {
  client_id: string
  nonce: string
  state: string
  response_uri: string
  client_metadata: { jwks: { keys: [PublicJwk & { kid: string; alg: string }] } }
  [claim: string]: unknown
}

export async function fetchRequest(desk: Desk, asked: Pick<Asked, 'id'>): Promise<RequestObject> {
  const response = await desk.get(`/verifier/requests/${asked.id}`)
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
  return decodeJwt(await response.text())
}

export type PresentOptions = {
  paths?: ClaimPath[]
  nonce?: string
  aud?: string
  iat?: number
  /** `null`: no receipt even if there is one. */
  receipt?: unknown
  signWith?: TestKey
  /** What it authorises. */
  transactionData?: readonly string[]
  /** Further members of the key-binding JWT. */
  extra?: Record<string, unknown>
}

export function present(
  desk: Desk,
  request: RequestObject,
  held: Held,
  options: PresentOptions = {},
): Promise<string> {
  const receipt = options.receipt === undefined ? held.receipt : options.receipt
  return presentSdJwt(held.credential, options.paths ?? [['age_equal_or_over', '19']], {
    nonce: options.nonce ?? request.nonce,
    aud: options.aud ?? request.client_id,
    iat: options.iat ?? desk.now(),
    sign: (options.signWith ?? held.holder).sign,
    ...(options.transactionData ? { transactionData: options.transactionData } : {}),
    extra: { ...(receipt ? { anchor: receipt } : {}), ...options.extra },
  })
}

/** The same presentation with other members in its key-binding JWT, signed again: what no honest wallet makes. */
export async function rebind(
  held: Held,
  presentation: string,
  changes: Record<string, unknown>,
): Promise<string> {
  const end = presentation.lastIndexOf('~') + 1
  const [header = '', payload = ''] = presentation.slice(end).split('.')
  const content = { ...JSON.parse(Buffer.from(payload, 'base64url').toString()), ...changes }
  const input = `${header}.${Buffer.from(JSON.stringify(content)).toString('base64url')}`
  const signature = Buffer.from(await held.holder.sign(Buffer.from(input))).toString('base64url')
  return `${presentation.slice(0, end)}${input}.${signature}`
}

/** Encrypted with jose, which shares no code with what decrypts it. */
export async function encrypt(request: RequestObject, payload: unknown, enc = 'A128GCM'): Promise<string> {
  const [key] = request.client_metadata.jwks.keys
  return new CompactEncrypt(Buffer.from(JSON.stringify(payload)))
    .setProtectedHeader({ alg: 'ECDH-ES', enc, kid: key.kid })
    .encrypt(await importJWK(key, 'ECDH-ES'))
}

export type Answer = { status: number; body: Record<string, unknown> }

export async function send(
  desk: Desk,
  request: RequestObject,
  presentation: string,
  query = 'resident',
): Promise<Answer> {
  const response = await encrypt(request, { vp_token: { [query]: [presentation] }, state: request.state })
  return post(desk, request.response_uri, { response })
}

export async function post(desk: Desk, uri: string, fields: Record<string, string>): Promise<Answer> {
  const response = await desk.form(new URL(uri).pathname, fields)
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

export type Result = {
  state: string
  refusal: string | null
  checks: { credential: string; check: string; result: string; code?: string }[]
  claims: Record<string, Record<string, unknown>> | null
  claimsDropped: boolean
  transactions: { type: string; text: { ko: string; en: string } }[]
}

export async function result(desk: Desk, asked: Pick<Asked, 'id'>, verifier = 'library'): Promise<Result> {
  return (await (await desk.get(`/api/verifications/${asked.id}`, verifier)).json()) as Result
}
