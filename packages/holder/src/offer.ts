import { z } from 'zod'
import { asHolderError, HolderError } from './error.ts'
import type { HolderPorts } from './holder.ts'
import { type Issuer, readConfiguration, readIssuer } from './issuer.ts'
import { parametersIn } from './link.ts'
import { LARGEST, type Reach } from './reach.ts'
import type { OfferedType, OfferPreview } from './types.ts'

/** A credential offer with more than this is no offer to a person. */
const MOST_TYPES = 20
const PRE_AUTHORIZED = 'urn:ietf:params:oauth:grant-type:pre-authorized_code'

/** Credential offer object (OpenID4VCI 1.0 section 4.1.1), as far as the wallet uses it. */
const offerSchema = z.looseObject({
  credential_issuer: z.string(),
  credential_configuration_ids: z.array(z.string()).min(1).max(MOST_TYPES),
  grants: z
    .looseObject({
      [PRE_AUTHORIZED]: z
        .looseObject({
          'pre-authorized_code': z.string().min(1),
          authorization_server: z.string().optional(),
          tx_code: z
            .looseObject({
              input_mode: z.enum(['numeric', 'text']).default('numeric').catch('text'),
              length: z.number().int().positive().optional(),
              description: z.string().optional(),
            })
            .optional(),
        })
        .optional(),
      authorization_code: z
        .looseObject({
          issuer_state: z.string().optional(),
          authorization_server: z.string().optional(),
        })
        .optional(),
    })
    .optional(),
})
type Offer = z.infer<typeof offerSchema>

/** Reads an offer and what its issuer says of itself: see `Holder.readOffer`. */
export async function readOffer(text: string, ports: HolderPorts, reach: Reach): Promise<OfferPreview> {
  const offer = parseOffer(await offerObject(text, reach))
  const grant = grantIn(offer)
  const issuer = await readIssuer(offer.credential_issuer, ports, reach)
  const ids = [...new Set(offer.credential_configuration_ids)]
  return {
    ...aboutIssuer(issuer),
    types: await Promise.all(ids.map((id) => offeredType(issuer, id, ports, reach))),
    ...grant,
  }
}

/** What an issuer offers to those who sign in: see `Holder.readIssuer`. Types of other formats are left out. */
export async function readIssuerOffer(id: string, ports: HolderPorts, reach: Reach): Promise<OfferPreview> {
  const issuer = await readIssuer(id, ports, reach)
  const ids = Object.keys(issuer.metadata.credentialIssuer.credential_configurations_supported)
  const types = await Promise.all(
    ids.slice(0, MOST_TYPES).map(async (id) => {
      try {
        return [await offeredType(issuer, id, ports, reach)]
      } catch (error) {
        if (error instanceof HolderError && error.code === 'offer_unsupported') return []
        throw error
      }
    }),
  )
  return { ...aboutIssuer(issuer), types: types.flat(), signIn: true }
}

function aboutIssuer({ id, name, certifiedName }: Issuer): Pick<OfferPreview, 'issuer'> {
  return { issuer: { id, name, ...(certifiedName === undefined ? {} : { certifiedName }) } }
}

async function offeredType(
  issuer: Issuer,
  id: string,
  ports: HolderPorts,
  reach: Reach,
): Promise<OfferedType> {
  const { vct, card, claims } = await readConfiguration(issuer, id, ports, reach)
  return { configurationId: id, vct, ...card, claims }
}

/**
 * How the offer is taken up. A code that is ready is quicker for the person than a sign-in; an offer without grants
 * leaves it to the wallet, which then signs in (section 4.1.1).
 */
function grantIn({ grants }: Offer): Omit<OfferPreview, 'issuer' | 'types'> {
  const ready = grants?.[PRE_AUTHORIZED]
  const signIn = grants?.authorization_code
  if (!ready && !signIn && grants && Object.keys(grants).length > 0) {
    throw new HolderError('offer_unsupported', 'the offer has no grant that this wallet knows')
  }
  const server = (ready ?? signIn)?.authorization_server
  const named = server === undefined ? {} : { authorizationServer: server }
  if (!ready) {
    const { issuer_state: issuerState } = signIn ?? {}
    return { signIn: true, ...named, ...(issuerState === undefined ? {} : { issuerState }) }
  }
  const { 'pre-authorized_code': preAuthorizedCode, tx_code: txCode } = ready
  if (txCode === undefined) return { signIn: false, preAuthorizedCode, ...named }
  const { input_mode: inputMode, length, description } = txCode
  return {
    signIn: false,
    preAuthorizedCode,
    ...named,
    txCode: {
      inputMode,
      ...(length === undefined ? {} : { length }),
      ...(description === undefined ? {} : { description }),
    },
  }
}

/** By value or by reference (section 4.1.2 and 4.1.3); a bare offer object is taken too. */
async function offerObject(text: string, reach: Reach): Promise<string> {
  if (text.trim().startsWith('{')) return text
  const parameters = parametersIn(text, ['credential_offer', 'credential_offer_uri'])
  const byValue = parameters?.get('credential_offer')
  if (byValue) return byValue
  const reference = parameters?.get('credential_offer_uri')
  if (!reference) throw new HolderError('offer_malformed', 'the text holds no credential offer')

  const response = await reach(reference, { headers: { accept: 'application/json' } }, LARGEST.offer)
  const body = await response.text()
  if (response.ok) return body
  throw refusedReference(response.status, body)
}

const problemSchema = z.looseObject({ code: z.string().optional(), error: z.string().optional() })

/** An offer that is no longer there: the city says why in `code`; elsewhere 404 and 410 mean it is over. */
function refusedReference(status: number, body: string): HolderError {
  const code = codeIn(body)
  const message = `the offer's address answered ${status}`
  const details = code === undefined ? {} : { serverCode: code }
  if (code === 'offer_already_used' || code === 'offer_locked' || code === 'offer_expired')
    return new HolderError(code, message, details)
  if (status === 404 || status === 410) return new HolderError('offer_expired', message, details)
  return new HolderError('offer_malformed', message, details)
}

function codeIn(body: string): string | undefined {
  try {
    const { code, error } = problemSchema.parse(JSON.parse(body))
    return code ?? error
  } catch {
    return undefined
  }
}

function parseOffer(text: string): Offer {
  try {
    return offerSchema.parse(JSON.parse(text))
  } catch (error) {
    throw asHolderError(error, 'offer_malformed')
  }
}
