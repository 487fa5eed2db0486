import type { Database } from '@pass/database'
import {
  type AuthenticationResponseJSON,
  generateAuthenticationOptions,
  generateRegistrationOptions,
  type RegistrationResponseJSON,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server'
import { hashSecret } from '../access/secrets.ts'
import { Problem } from '../http/problem.ts'

/** EdDSA, ES256, RS256 (COSE): what authenticators in use have. */
const ALGORITHMS = [-8, -7, -257]

const CHALLENGE_SECONDS = 5 * 60

/** The transports that a browser understands; anything else a device reports is dropped. */
const TRANSPORTS = ['ble', 'cable', 'hybrid', 'internal', 'nfc', 'smart-card', 'usb'] as const

export type Passkeys = {
  registrationOptions(staff: { id: string; name: string; role: string }): Promise<Record<string, unknown>>
  /** Checks the new passkey and keeps it. @throws Problem `bad_request` */
  register(staffId: string, response: RegistrationResponseJSON): Promise<void>
  signInOptions(): Promise<Record<string, unknown>>
  /** Answers whose passkey it is. @throws Problem `unauthenticated` */
  signIn(response: AuthenticationResponseJSON): Promise<string>
}

export function createPasskeys({
  db,
  clock,
  publicUrl,
  cityName,
}: {
  db: Database
  clock: () => Date
  publicUrl: string
  cityName: string
}): Passkeys {
  const { hostname: rpID, origin } = new URL(publicUrl)

  const remember = async (challenge: string, staffId: string | null) => {
    const expiresAt = new Date(clock().getTime() + CHALLENGE_SECONDS * 1000)
    await db.sql`DELETE FROM "WebauthnChallenge" WHERE "expiresAt" <= ${clock()}`
    await db.sql`
      INSERT INTO "WebauthnChallenge" ("id", "challenge", "staffId", "expiresAt")
      VALUES (${hashSecret(challenge)}, ${challenge}, ${staffId}::uuid, ${expiresAt})`
  }
  /** A challenge counts once: it is gone with the first answer, right or wrong. */
  const spend = async (challenge: string, staffId: string | null): Promise<boolean> => {
    const rows = await db.sql`
      DELETE FROM "WebauthnChallenge"
      WHERE "id" = ${hashSecret(challenge)} AND "expiresAt" > ${clock()}
        AND "staffId" IS NOT DISTINCT FROM ${staffId}::uuid
      RETURNING "id"`
    return rows.length === 1
  }

  return {
    registrationOptions: async (staff) => {
      const existing = await db.prisma.passkey.findMany({
        where: { staffId: staff.id },
        select: { id: true },
      })
      const options = await generateRegistrationOptions({
        rpName: cityName,
        rpID,
        userName: `${staff.name} (${staff.role})`,
        userDisplayName: staff.name,
        userID: new Uint8Array(Buffer.from(staff.id)),
        excludeCredentials: existing,
        supportedAlgorithmIDs: ALGORITHMS,
        authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
      })
      await remember(options.challenge, staff.id)
      return { ...options }
    },

    register: async (staffId, response) => {
      const verified = await verifyRegistrationResponse({
        response,
        expectedChallenge: (challenge) => spend(challenge, staffId),
        expectedOrigin: origin,
        expectedRPID: rpID,
        requireUserVerification: true,
        supportedAlgorithmIDs: ALGORITHMS,
      }).catch(() => undefined)
      if (!verified?.verified)
        throw new Problem('bad_request', 'This passkey could not be checked. Start the enrolment again.')
      const { id, publicKey, counter } = verified.registrationInfo.credential
      const transports = TRANSPORTS.filter((transport) => response.response.transports?.includes(transport))
      // A passkey that somebody enrolled already stays theirs.
      const rows = await db.sql`
        INSERT INTO "Passkey" ("id", "staffId", "publicKey", "counter", "transports", "createdAt")
        VALUES (${id}, ${staffId}::uuid, ${publicKey}, ${counter}, ${[...transports]}, ${clock()})
        ON CONFLICT ("id") DO NOTHING RETURNING "id"`
      if (rows.length === 0) throw new Problem('conflict', 'This passkey is enrolled already.')
    },

    signInOptions: async () => {
      const options = await generateAuthenticationOptions({ rpID, userVerification: 'required' })
      await remember(options.challenge, null)
      return { ...options }
    },

    signIn: async (response) => {
      const refused = new Problem(
        'unauthenticated',
        'This passkey is not known here, or its answer is not right.',
      )
      const passkey = await db.prisma.passkey.findUnique({
        where: { id: response.id },
        include: { staff: true },
      })
      if (!passkey || passkey.staff.disabledAt) throw refused
      const verified = await verifyAuthenticationResponse({
        response,
        expectedChallenge: (challenge) => spend(challenge, null),
        expectedOrigin: origin,
        expectedRPID: rpID,
        requireUserVerification: true,
        credential: {
          id: passkey.id,
          publicKey: new Uint8Array(passkey.publicKey),
          counter: Number(passkey.counter),
        },
      }).catch(() => undefined)
      if (!verified?.verified) throw refused
      const counter = verified.authenticationInfo.newCounter
      // Two answers with one counter value mean a copied key; devices that do not count always say 0.
      const rows = await db.sql`
        UPDATE "Passkey" SET "counter" = ${counter}
        WHERE "id" = ${passkey.id} AND ("counter" < ${counter} OR (${counter} = 0 AND "counter" = 0))
        RETURNING "id"`
      if (rows.length === 0) throw refused
      return passkey.staffId
    },
  }
}
