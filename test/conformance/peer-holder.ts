import { createHolder, createMemoryKeys, createMemoryStore, type Holder } from '@pass/holder'
import type { Peer } from './peer.ts'

/** Our engine, with the peer's card in it and trust in the peer's authority. */
export async function createPeerHolder(peer: Peer): Promise<Holder> {
  const holder = createHolder({
    keys: createMemoryKeys(),
    store: createMemoryStore(),
    fetch,
    clock: () => new Date(),
    random: (length) => crypto.getRandomValues(new Uint8Array(length)),
    trust: async () => ({ rootCertificates: [peer.root.base64] }),
    allowInsecure: true,
  })
  await holder.receive(await holder.readOffer(peer.offer()))
  return holder
}
