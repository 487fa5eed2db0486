import { z } from 'zod'
import { asHolderError, HolderError } from './error.ts'
import type { HolderPorts } from './holder.ts'
import { readConfiguration, readIssuer } from './issuer.ts'
import { parametersIn } from './link.ts'
import { addressOf, type Reach } from './reach.ts'
import type { OfferPreview } from './types.ts'

const PRE_AUTHORIZED = 'urn:ietf:params:oauth:grant-type:pre-authorized_code'

/** Credential offer object (OpenID4VCI 1.0 section 4.1.1), as far as the wallet uses it. */
const offerSchema = z.looseObject({
  credential_issuer: z.string(),
  credential_configuration_ids: z.array(z.string()).min(1),
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
    })
    .optional(),
})

/** Reads an offer and what its issuer says of itself: see `Holder.readOffer`. */
export async function readOffer(text: string, ports: HolderPorts, reach: Reach): Promise<OfferPreview> {
  const offer = parseOffer(await offerObject(text, reach))
  addressOf(offer.credential_issuer, ports.allowInsecure ?? false)
  const grant = offer.grants?.[PRE_AUTHORIZED]
  if (!grant) throw new HolderError('offer_unsupported', 'the offer has no pre-authorized code')

  const issuer = await readIssuer(offer.credential_issuer, ports, reach)
  const types = await Promise.all(
    offer.credential_configuration_ids.map(async (id) => {
      const { vct, card, claims } = await readConfiguration(issuer, id, ports, reach)
      return { configurationId: id, vct, ...card, claims }
    }),
  )
  const { tx_code: txCode, authorization_server: authorizationServer } = grant
  return {
    issuer: {
      id: issuer.id,
      name: issuer.name,
      ...(issuer.certifiedName === undefined ? {} : { certifiedName: issuer.certifiedName }),
    },
    types,
    preAuthorizedCode: grant['pre-authorized_code'],
    ...(authorizationServer === undefined ? {} : { authorizationServer }),
    ...(txCode === undefined
      ? {}
      : {
          txCode: {
            inputMode: txCode.input_mode,
            ...(txCode.length === undefined ? {} : { length: txCode.length }),
            ...(txCode.description === undefined ? {} : { description: txCode.description }),
          },
        }),
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

  const response = await reach(reference, { headers: { accept: 'application/json' } })
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

function parseOffer(text: string): z.infer<typeof offerSchema> {
  try {
    return offerSchema.parse(JSON.parse(text))
  } catch (error) {
    throw asHolderError(error, 'offer_malformed')
  }
}
