import { type CredentialType, typeMetadata } from '@pass/credentials'
import type { z } from 'zod'
import type { Context } from '../context.ts'
import { Problem } from '../http/problem.ts'
import type { credentialTypeListSchema, districtListSchema, templateListSchema } from './schema.ts'

export type Catalogue = {
  /** The `vct` of a type: where its metadata is served. */
  vctOf(typeId: string): string
  types(): z.output<typeof credentialTypeListSchema>
  /** Those that any verifier may ask. */
  templates(): z.output<typeof templateListSchema>
  districts(): z.output<typeof districtListSchema>
  /** SD-JWT VC type metadata, as JSON. @throws Problem `unknown_type` */
  metadata(typeId: string): string
}

/** What the city's files say, for screens and for other wallets. */
export function createCatalogue({ city, config }: Pick<Context, 'city' | 'config'>): Catalogue {
  const vctOf = (typeId: string) => `${config.publicUrl}/credential-types/${typeId}`
  return {
    vctOf,
    types: () =>
      [...city.types.values()].map((type) => {
        const { id, name, description, card, claims, approval } = type
        return {
          id,
          vct: vctOf(id),
          name,
          description,
          card,
          claims: claims.map((claim) => ({ path: claim.path, name: claim.name })),
          signIn: followsFromRegister(type),
          ...(approval === undefined ? {} : { approval }),
        }
      }),
    templates: () =>
      [...city.templates.values()]
        .filter(({ verifiers }) => verifiers === undefined)
        .map(({ id, name, purpose, params }) => ({ id, name, purpose, ...(params ? { params } : {}) })),
    districts: () => city.districts.map(({ code, name, neighbourhoods }) => ({ code, name, neighbourhoods })),
    metadata: (typeId) => {
      const type = city.types.get(typeId)
      if (!type) throw new Problem('unknown_type', 'There is no such credential type.')
      return JSON.stringify(typeMetadata(type, vctOf(typeId)))
    },
  }
}

/** Whether the register alone says who gets it: then a citizen who signs in can have it without being offered it. */
function followsFromRegister({ requires, claims }: CredentialType): boolean {
  const sources = [
    ...requires.map((needed) => ('path' in needed ? needed.path : needed)),
    ...claims.map((claim) => claim.source),
  ]
  return sources.every(([member]) => member !== 'facts')
}
