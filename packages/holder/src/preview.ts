import { type AskedClaims, type ClaimPath, claimsBeyond } from '@pass/credentials'
import type { HolderPorts } from './holder.ts'
import { matchRequest } from './match.ts'
import type { Reach } from './reach.ts'
import { type ReceivedRequest, receiveRequest } from './request.ts'
import { labelFor } from './shown-claims.ts'
import { covering, readTransactions } from './transactions.ts'
import { findRegistration } from './trust.ts'
import type { ClaimLabel, DcApiRequest, RequestPreview, StoredCredential } from './types.ts'

/** Reads a request and finds what answers it: see `Holder.readRequest`. Nothing of the holder's is sent. */
export async function readRequest(
  text: string,
  sameDevice: boolean,
  ports: HolderPorts,
  reach: Reach,
): Promise<RequestPreview> {
  return preview(await receiveRequest(text, ports, reach), sameDevice, ports)
}

/** See `Holder.readDcApiRequest`. */
export async function readDcApiRequest(asked: DcApiRequest, ports: HolderPorts): Promise<RequestPreview> {
  const { receiveDcApiRequest } = await import('./dc-api.ts')
  return preview(await receiveDcApiRequest(asked, ports), true, ports)
}

async function preview(
  received: ReceivedRequest,
  sameDevice: boolean,
  ports: HolderPorts,
): Promise<RequestPreview> {
  const { request, verifier, statements, transactionData, expiresAt } = received
  const credentials = await ports.store.list('credential')
  const match = matchRequest(request.dcqlQuery, credentials, ports.clock().getTime())
  const { queries, groups } = match
  const transactions = await readTransactions(
    transactionData,
    queries.map(({ id }) => id),
    ports,
  )
  const choice = covering(transactions, match)
  const registration = verifier && (await findRegistration(statements, verifier.sha256, ports))
  const beyond = registration ? claimsBeyond(asked(request.dcqlQuery), registration) : []
  return {
    verifier: shownVerifier(received),
    ...(registration ? { purpose: registration.purpose } : {}),
    registered: registration !== undefined,
    beyond: beyond.map((path) => labelled(path, credentials)),
    groups,
    queries: queries.map(({ candidates, ...query }) => ({
      ...query,
      candidates: candidates.map(({ paths: _, ...candidate }) => candidate),
    })),
    transactions,
    sameDevice,
    satisfiable: match.satisfiable && choice !== undefined,
    choice: choice ?? match.choice,
    ...(expiresAt === undefined ? {} : { expiresAt }),
    request,
  }
}

/** Who asks: by its certificate, or, where there is none, by the address of the page. */
function shownVerifier({ request, verifier, origin }: ReceivedRequest): RequestPreview['verifier'] {
  const { host } = new URL(request.responseUri ?? origin ?? '')
  if (!verifier) return { name: host, host }
  const { commonName, organization } = verifier.subject
  return {
    name: commonName,
    ...(organization === undefined ? {} : { organization }),
    x509Hash: verifier.sha256,
    host,
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
