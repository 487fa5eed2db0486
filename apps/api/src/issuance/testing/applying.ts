import { expect } from 'vitest'
import type { Desk } from './desk.ts'
import { newKeys, type TestHolder } from './holder.ts'

export type Applying = ReturnType<typeof createApplying>

/** Applications for what an officer must approve, and the officer's word. */
export function createApplying(desk: Desk, holder: TestHolder) {
  return {
    /** A citizen who signed in and asked for the veterans' card. */
    async apply() {
      const subjectId = await desk.resident()
      const { id: offerId } = await desk.signedIn('veterans', 'veteran', subjectId)
      const keys = await newKeys(3)
      const token = holder.tokenFor(offerId)
      const answer = await holder.credential(token, await holder.request(keys))
      expect(answer.status).toBe(202)
      const [row] = await desk.db.sql<{ id: string }>`
        SELECT "id" FROM "DeferredIssuance" WHERE "offerId" = ${offerId}::uuid`
      const id = row?.id ?? ''
      const transaction: string = answer.body.transaction_id
      return { id, offerId, subjectId, keys, token, transaction, answer }
    },
    approve: (id: string, agency?: string) =>
      desk.call('POST', `/api/applications/${id}/approve`, undefined, agency),
    refuse: (id: string, reason = '서류가 더 필요해요.', agency?: string) =>
      desk.call('POST', `/api/applications/${id}/refuse`, { reason }, agency),
  }
}
