import { type AskedClaims, type ClaimPath, claimsBeyond } from '@pass/credentials'
import type { HolderPorts } from './holder.ts'
import { matchRequest } from './match.ts'
import type { Reach } from './reach.ts'
import { receiveRequest } from './request.ts'
import { labelFor } from './shown-claims.ts'
import { findRegistration } from './trust.ts'
import type { ClaimLabel, RequestPreview, StoredCredential } from './types.ts'

/** Reads a request and finds what answers it: see `Holder.readRequest`. Nothing of the holder's is sent. */
export async function readRequest(text: string, ports: HolderPorts, reach: Reach): Promise<RequestPreview> {
  const { request, verifier, statements, expiresAt } = await receiveRequest(text, ports, reach)
  const credentials = await ports.store.list('credential')
  const { queries, groups, satisfiable, choice } = matchRequest(
    request.dcqlQuery,
    credentials,
    ports.clock().getTime(),
  )
  const registration = await findRegistration(statements, verifier.sha256, ports)
  const beyond = registration ? claimsBeyond(asked(request.dcqlQuery), registration) : []
  const { commonName, organization } = verifier.subject
  return {
    verifier: {
      name: commonName,
      ...(organization === undefined ? {} : { organization }),
      x509Hash: verifier.sha256,
      host: new URL(request.responseUri).host,
    },
    ...(registration ? { purpose: registration.purpose } : {}),
    registered: registration !== undefined,
    beyond: beyond.map((path) => labelled(path, credentials)),
    groups,
    queries: queries.map(({ candidates, ...query }) => ({
      ...query,
      candidates: candidates.map(({ paths: _, ...candidate }) => candidate),
    })),
    satisfiable,
    choice,
    ...(expiresAt === undefined ? {} : { expiresAt }),
    request,
  }
}

/** The query's form was checked when it was matched. */
function asked(dcqlQuery: Record<string, unknown>): AskedClaims {
  return dcqlQuery as AskedClaims
}

/** In the words of a credential that has such a claim. */
function labelled(path: ClaimPath, credentials: StoredCredential[]): ClaimLabel {
  const labels = credentials.flatMap(({ claims }) => claims)
  return { path: [...path], label: labelFor(path, labels) }
}
