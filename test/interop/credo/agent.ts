import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Agent, Kms, type X509Certificate, X509KeyUsage, X509Module } from '@credo-ts/core'
import { agentDependencies, NodeInMemoryKeyManagementStorage, NodeKeyManagementService } from '@credo-ts/node'
import { type OpenId4VciCredentialRequestToCredentialMapper, OpenId4VcModule } from '@credo-ts/openid4vc'
import express from 'express'
import { memoryStorage } from './storage.ts'

/** Where Credo's own issuer and verifier answer: one HTTP server, as a stranger would run it. */
export async function startCredo(mapper: OpenId4VciCredentialRequestToCredentialMapper) {
  const app = express()
  const server = await new Promise<Server>((resolve) => {
    const listening = app.listen(0, '127.0.0.1', () => resolve(listening))
  })
  const url = `http://localhost:${(server.address() as AddressInfo).port}`
  const agent = new Agent({
    config: { allowInsecureHttpUrls: true, autoUpdateStorageOnStartup: true },
    dependencies: agentDependencies,
    modules: {
      ...base(),
      openid4vc: new OpenId4VcModule({
        app,
        issuer: {
          baseUrl: `${url}/oid4vci`,
          credentialRequestToCredentialMapper: mapper,
          dpopRequired: true,
        },
        verifier: { baseUrl: `${url}/oid4vp` },
      }),
    },
  })
  await agent.initialize()
  return {
    agent,
    url,
    async stop() {
      await agent.shutdown()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** A wallet by Credo that trusts these root certificates (base64 DER). */
export async function createCredoHolder(roots: string[]) {
  const agent = new Agent({
    config: { allowInsecureHttpUrls: true, autoUpdateStorageOnStartup: true },
    dependencies: agentDependencies,
    modules: { ...base(), openid4vc: new OpenId4VcModule() },
  })
  await agent.initialize()
  for (const root of roots) agent.x509.config.addTrustedCertificate(root)
  return agent
}

export type CredoServer = Awaited<ReturnType<typeof startCredo>>
export type CredoHolder = Awaited<ReturnType<typeof createCredoHolder>>

function base() {
  const backend = new NodeKeyManagementService(new NodeInMemoryKeyManagementStorage())
  return {
    storage: memoryStorage(),
    kms: new Kms.KeyManagementModule({ backends: [backend] }),
    x509: new X509Module(),
  }
}

/** A root certificate and, of it, one for each name, made and kept by Credo. */
export async function credoCertificates<Name extends string>(
  { agent }: CredoServer,
  names: Record<Name, string>,
): Promise<{ root: string; leaves: Record<Name, X509Certificate> }> {
  const validity = { notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 86_400_000) }
  const newKey = async () => {
    const { publicJwk } = await agent.kms.createKeyForSignatureAlgorithm({ algorithm: 'ES256' })
    return Kms.PublicJwk.fromPublicJwk(publicJwk)
  }
  const authorityKey = await newKey()
  const issuer = { commonName: 'Foreign Root' }
  const root = await agent.x509.createCertificate({
    authorityKey,
    issuer,
    validity,
    extensions: {
      basicConstraints: { ca: true, markAsCritical: true },
      keyUsage: { usages: [X509KeyUsage.KeyCertSign, X509KeyUsage.CrlSign], markAsCritical: true },
      subjectKeyIdentifier: { include: true },
    },
  })
  const leaves: Partial<Record<Name, X509Certificate>> = {}
  for (const name in names) {
    const value = names[name]
    const subjectPublicKey = await newKey()
    const leaf = await agent.x509.createCertificate({
      authorityKey,
      subjectPublicKey,
      issuer,
      subject: { commonName: name },
      validity,
      extensions: {
        keyUsage: { usages: [X509KeyUsage.DigitalSignature], markAsCritical: true },
        authorityKeyIdentifier: { include: true },
        subjectAlternativeName: {
          name: [
            { type: 'url', value },
            { type: 'dns', value: new URL(value).hostname },
          ],
        },
      },
    })
    leaf.publicJwk.keyId = subjectPublicKey.keyId
    leaves[name] = leaf
  }
  agent.x509.config.addTrustedCertificate(root)
  return { root: root.toString('base64'), leaves: leaves as Record<Name, X509Certificate> }
}
