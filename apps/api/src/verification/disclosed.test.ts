import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AGE, attemptsAt, openDesk } from './testing/attempts.ts'
import type { Desk } from './testing/desk.ts'
import { ask, fetchRequest, type Issuer, present, result, send } from './testing/wallet.ts'

describe.each(['embedded', 'server'] as const)('verification (%s database)', (kind) => {
  let desk: Desk
  let issuer: Issuer
  beforeAll(async () => {
    ;({ desk, issuer } = await openDesk(kind))
  })
  afterAll(() => desk?.stop())
  const { anchored, attempt } = attemptsAt(() => ({ desk, issuer }))

  describe('what was disclosed', () => {
    it('is handed out once, and noted in the audit log without a value', async () => {
      const { asked, verdict } = await attempt(await anchored())
      expect(verdict.claims).not.toBeNull()
      expect(await result(desk, asked)).toMatchObject({
        state: 'accepted',
        claims: null,
        claimsDropped: true,
      })
      const notes = await desk.db.sql<{ action: string; actor: string; detail: unknown }>`
        SELECT "action", "actor", "detail" FROM "AuditEntry" WHERE "target" = ${asked.id} ORDER BY "id"`
      expect(notes).toEqual([
        { action: 'verification.create', actor: 'key:library', detail: { template: 'age-19' } },
        { action: 'verification.read', actor: 'key:library', detail: {} },
      ])
    })

    it('goes to one of many who read at the same moment', async () => {
      const asked = await ask(desk, AGE)
      const request = await fetchRequest(desk, asked)
      await send(desk, request, await present(desk, request, await anchored()))
      const readings = await Promise.all(Array.from({ length: 8 }, () => result(desk, asked)))
      expect(readings.filter(({ claims }) => claims !== null)).toHaveLength(1)
    })

    it('is for the verifier that asked, and no other', async () => {
      const asked = await ask(desk, AGE)
      const request = await fetchRequest(desk, asked)
      await send(desk, request, await present(desk, request, await anchored()))
      expect((await desk.get(`/api/verifications/${asked.id}`, 'museum')).status).toBe(404)
      expect((await desk.get(`/api/verifications/${asked.id}`, 'operator')).status).toBe(403)
      expect((await desk.get(`/api/verifications/${asked.id}`)).status).toBe(401)
      expect((await result(desk, asked)).claims).not.toBeNull()
      const mine = (await (await desk.get('/api/verifications', 'library')).json()) as {
        items: { id: string }[]
      }
      const theirs = (await (await desk.get('/api/verifications', 'museum')).json()) as {
        items: { id: string }[]
      }
      expect(mine.items.map(({ id }) => id)).toContain(asked.id)
      expect(theirs.items.map(({ id }) => id)).not.toContain(asked.id)
    })

    it('is dropped after ten minutes, read or not', async () => {
      const unread = async () => {
        const asked = await ask(desk, AGE)
        const request = await fetchRequest(desk, asked)
        await send(desk, request, await present(desk, request, await anchored()))
        return asked
      }
      const [kept, swept] = [await unread(), await unread()]
      const sealed = async (id: string) =>
        (
          await desk.db.sql<{
            there: boolean
          }>`SELECT "sealedClaims" IS NOT NULL AS "there" FROM "Verification" WHERE "id" = ${id}::uuid`
        )[0]?.there
      desk.forward(590)
      await desk.verification.sweep()
      expect(await sealed(swept.id)).toBe(true)
      desk.forward(11)
      expect(await result(desk, kept)).toMatchObject({ state: 'accepted', claims: null, claimsDropped: true })
      await desk.verification.sweep()
      expect([await sealed(swept.id), await sealed(kept.id)]).toEqual([false, false])
    })

    it('stands in no log and in no column in the clear', async () => {
      const claims = {
        name_ko: '황보비밀',
        birth_date: '1977-07-07',
        district_name: '가나구',
        neighbourhood_name: '다라동',
      }
      const paths = Object.keys(claims).map((name) => [name])
      const asked = await ask(desk, { template: 'identity' })
      const request = await fetchRequest(desk, asked)
      const presentation = await present(desk, request, await anchored({ claims }), { paths })
      expect((await send(desk, request, presentation)).status).toBe(200)
      const [row] = await desk.db.sql<{ text: string }>`
        SELECT "Verification"::text AS "text" FROM "Verification" WHERE "id" = ${asked.id}::uuid`
      for (const value of Object.values(claims)) {
        expect(row?.text).not.toContain(value)
        // Bytes are printed as hex.
        expect(row?.text).not.toContain(Buffer.from(value).toString('hex'))
        expect(desk.log.join()).not.toContain(value)
      }
      expect((await result(desk, asked)).claims).toEqual({ resident: claims })
    })

    it('leaves no key behind that could open the answer again', async () => {
      const { asked } = await attempt(await anchored())
      const abandoned = await ask(desk, AGE)
      const length = async (id: string) =>
        (
          await desk.db.sql<{
            bytes: number
          }>`SELECT octet_length("sealedKey") AS "bytes" FROM "Verification" WHERE "id" = ${id}::uuid`
        )[0]?.bytes
      expect(await length(asked.id)).toBe(0)
      expect(await length(abandoned.id)).toBeGreaterThan(32)
      desk.forward(301)
      await desk.verification.sweep()
      expect(await length(abandoned.id)).toBe(0)
    })
  })
})
