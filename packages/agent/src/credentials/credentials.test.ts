import {
  createHash,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  sign,
  verify,
  X509Certificate,
} from 'node:crypto'
import { SDJwtVcInstance } from '@sd-jwt/sd-jwt-vc'
import { exportJWK, generateKeyPair, importJWK, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRoot } from '../authority/certificates.ts'
import { startTestCity, type TestCity } from '../testing/test-city.ts'
import type { AgencyKey, PublicJwk } from '../types.ts'
import { createSdJwtVcProvider, type SdJwtVcArguments } from './sd-jwt-vc-provider.ts'

let city: TestCity
let key: AgencyKey
let did: string
let cnfJwk: PublicJwk
const expirationDate = new Date(Date.now() + 86_400_000).toISOString()

beforeAll(async () => {
  city = await startTestCity()
  const name = { ko: '시민증 발급센터', en: 'Resident Office' }
  key = await city.agent.agencies.ensure({
    id: 'residents',
    name,
    types: ['resident'],
    issuerUrl: `${city.url}/issuers/residents`,
  })
  did = (await city.db.prisma.agency.findUniqueOrThrow({ where: { id: 'residents' } })).did
  cnfJwk = (await exportJWK((await generateKeyPair('ES256', { extractable: true })).publicKey)) as PublicJwk
})
afterAll(() => city.stop())

const subject = { name_ko: '김시민', district_name: '연수구' }

function issueSdJwt(changes: Partial<SdJwtVcArguments> = {}) {
  const sdJwtVc: SdJwtVcArguments = {
    vct: `${city.url}/credential-types/resident`,
    disclosureFrame: { _sd: ['name_ko', 'district_name'] },
    cnfJwk,
    ...changes,
  }
  return city.agent.veramo.createVerifiableCredential({
    credential: { issuer: did, credentialSubject: { ...subject }, expirationDate },
    proofFormat: 'dc+sd-jwt',
    sdJwtVc,
  })
}

async function otherRoot(): Promise<string> {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const root = await createRoot({
    publicJwk: publicKey.export({ format: 'jwk' }) as PublicJwk,
    subject: { commonName: 'Another city', organization: 'Another city' },
    now: new Date(),
    days: 30,
    random: (length) => randomBytes(length),
    sign: async (data) => sign('sha256', data, { key: privateKey, dsaEncoding: 'ieee-p1363' }),
  })
  return root.toString('base64')
}

/** A peer's library, with the key out of the certificate by node:crypto. */
function peer() {
  return new SDJwtVcInstance({
    hasher: (data: string | ArrayBuffer) =>
      new Uint8Array(
        createHash('sha256')
          .update(typeof data === 'string' ? data : Buffer.from(data))
          .digest(),
      ),
    hashAlg: 'sha-256',
    verifier: (data: string, signature: string) => {
      const { publicKey } = new X509Certificate(Buffer.from(key.x5c[0]!, 'base64'))
      const raw = { key: publicKey, dsaEncoding: 'ieee-p1363' } as const
      return verify('sha256', Buffer.from(data), raw, Buffer.from(signature, 'base64url'))
    },
  })
}

describe('dc+sd-jwt through Veramo', () => {
  it('is issued under the agency’s certificate and DID, and verified by an independent library', async () => {
    const { proof } = await issueSdJwt()
    const { payload, header } = await peer().verify(proof['sdJwt'])
    expect(payload).toMatchObject({
      ...subject,
      iss: `${city.url}/issuers/residents`,
      vct: `${city.url}/credential-types/resident`,
    })
    expect(payload).toMatchObject({ cnf: { jwk: cnfJwk } })
    expect(header).toMatchObject({ typ: 'dc+sd-jwt', alg: 'ES256', kid: key.didUrl, x5c: key.x5c })
    const [jwt = ''] = String(proof['sdJwt']).split('~')
    expect(jwt).not.toContain(Buffer.from('김시민').toString('base64url'))
    expect(proof['hash']).toBe(createHash('sha256').update(jwt).digest('hex'))
  })

  it('is verified by the agent, and refused when altered, expired or of another authority', async () => {
    const { veramo } = city.agent
    const issued = await issueSdJwt()
    expect(await veramo.verifyCredential({ credential: issued })).toMatchObject({
      verified: true,
      claims: subject,
    })
    const compact = String(issued.proof['sdJwt'])
    const [head, payload, rest] = compact.split('.')
    const altered = Buffer.from(payload!, 'base64url').toString().replace('residents', 'veterans_')
    const forged = [head, Buffer.from(altered).toString('base64url'), rest].join('.')
    expect(await veramo.verifyCredential({ credential: forged })).toMatchObject({ verified: false })
    const mine = Buffer.from(JSON.stringify(['salt', 'age', 20])).toString('base64url')
    expect(await veramo.verifyCredential({ credential: `${compact}${mine}~` })).toMatchObject({
      verified: false,
      error: { errorCode: 'tampered_disclosure' },
    })
    city.clock.forward(2 * 86_400)
    expect(await veramo.verifyCredential({ credential: compact })).toMatchObject({
      error: { errorCode: 'credential_expired' },
    })
    city.clock.forward(-2 * 86_400)
    const elsewhere = createSdJwtVcProvider({
      rootCertificate: await otherRoot(),
      clock: () => new Date(),
      issuerKey: () => Promise.reject(new Error('issues nothing')),
    })
    const { agent } = city
    expect(
      await elsewhere.verifyCredential({ credential: compact }, { agent: agent.veramo } as never),
    ).toMatchObject({ error: { errorCode: 'untrusted_certificate' } })
  })

  it('without a certificate speaks for its own DID alone, not in an agency’s name', async () => {
    const { veramo, signer } = city.agent
    const stranger = await veramo.didManagerCreate({ alias: 'stranger' })
    const own = await veramo.keyManagerCreate({ kms: 'city', type: 'Secp256r1', kid: 'stranger/key' })
    await veramo.didManagerAddKey({ did: stranger.did, key: own, options: { type: 0, gasPrice: 0n } })
    const forge = async (iss: string) => {
      const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')
      const header = encode({ typ: 'dc+sd-jwt', alg: 'ES256', kid: `${stranger.did}#delegate-1` })
      const input = `${header}.${encode({ iss, vct: 'https://example.com/card' })}`
      return `${input}.${Buffer.from(await signer('stranger/key')(Buffer.from(input))).toString('base64url')}~`
    }
    expect(await veramo.verifyCredential({ credential: await forge(stranger.did) })).toMatchObject({
      verified: true,
    })
    for (const iss of [`${city.url}/issuers/residents`, did]) {
      expect(await veramo.verifyCredential({ credential: await forge(iss) })).toMatchObject({
        verified: false,
        error: { errorCode: 'untrusted_certificate' },
      })
    }
  })

  it('stays valid after the key that signed it was rotated', async () => {
    const before = await issueSdJwt()
    key = await city.agent.agencies.rotateKey('residents')
    const after = await issueSdJwt()
    for (const credential of [before, after]) {
      expect(await city.agent.veramo.verifyCredential({ credential })).toMatchObject({ verified: true })
    }
    const kidOf = (compact: string) =>
      JSON.parse(Buffer.from(compact.split('.')[0]!, 'base64url').toString()).kid
    expect(kidOf(after.proof['sdJwt'])).toBe(key.didUrl)
    expect(kidOf(before.proof['sdJwt'])).not.toBe(key.didUrl)
  })

  it('says what is missing', async () => {
    const { veramo } = city.agent
    const credential = { issuer: did, credentialSubject: {}, expirationDate }
    await expect(veramo.createVerifiableCredential({ credential, proofFormat: 'dc+sd-jwt' })).rejects.toThrow(
      'sdJwtVc',
    )
    expect(await veramo.listUsableProofFormats(await veramo.didManagerGet({ did }))).toContain('dc+sd-jwt')
  })
})

describe('W3C JWT through Veramo', () => {
  it('is issued with the agency’s P-256 key, and verified with the key out of its DID document', async () => {
    const { veramo } = city.agent
    const issued = await veramo.createVerifiableCredential({
      credential: {
        issuer: { id: did },
        type: ['ResidentCard'],
        credentialSubject: { ...subject },
        expirationDate,
      },
      proofFormat: 'jwt',
      keyRef: key.keyRef,
    })
    const { didDocument } = await veramo.resolveDid({ didUrl: did })
    const method = didDocument?.verificationMethod?.find(({ id }) => id === key.didUrl)
    expect(method?.type).toBe('JsonWebKey2020')
    const jwk = method?.publicKeyJwk as PublicJwk
    const { payload } = await jwtVerify(
      String(issued.proof['jwt']),
      await importJWK({ ...jwk, alg: 'ES256' }),
      { issuer: did },
    )
    expect(payload['vc']).toMatchObject({ credentialSubject: subject })
    expect(createPublicKey({ key: jwk, format: 'jwk' }).asymmetricKeyDetails?.namedCurve).toBe('prime256v1')
    expect(await veramo.verifyCredential({ credential: issued })).toMatchObject({ verified: true })
    const [head, , signature] = String(issued.proof['jwt']).split('.')
    const other = Buffer.from(JSON.stringify({ ...payload, sub: 'x' })).toString('base64url')
    const forged = [head, other, signature].join('.')
    expect(await veramo.verifyCredential({ credential: forged })).toMatchObject({ verified: false })
    await city.agent.agencies.rotateKey('residents')
    expect(await veramo.verifyCredential({ credential: issued })).toMatchObject({ verified: true })
  })
})
