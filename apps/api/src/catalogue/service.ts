import { typeMetadata } from '@pass/credentials'
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
      [...city.types.values()].map(({ id, name, description, card, claims }) => ({
        id,
        vct: vctOf(id),
        name,
        description,
        card,
        claims: claims.map((claim) => ({ path: claim.path, name: claim.name })),
      })),
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
