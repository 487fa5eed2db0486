import type { HeldKey } from '@pass/holder'
import { dpopProof } from '@pass/holder/wallet-key'
import { ApiError } from '../account/api-error.ts'
import type { AccountPorts } from '../account/ports.ts'

/** Making a document takes longer than reading one. */
const PATIENCE_MS = 20_000

/** A file that only this citizen may have. @throws ApiError */
export async function walletFile(ports: AccountPorts, key: HeldKey, path: string): Promise<Blob> {
  const url = new URL(path, ports.origin)
  const proof = await dpopProof(
    { keys: ports.keys, key, now: await ports.clock.now() },
    { method: 'GET', url: url.href },
  )
  try {
    const response = await ports.fetch(url, {
      headers: { dpop: proof },
      cache: 'no-store',
      signal: AbortSignal.timeout(PATIENCE_MS),
    })
    if (response.ok) return await response.blob()
    const problem = (await response.json().catch(() => ({}))) as { code?: string }
    throw new ApiError(problem.code ?? 'server_error', `${path} answered ${response.status}`)
  } catch (error) {
    if (error instanceof ApiError) throw error
    throw new ApiError('network', 'no answer')
  }
}
