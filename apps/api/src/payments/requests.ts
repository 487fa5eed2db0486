import { randomUUID } from 'node:crypto'
import type { Principal, WalletPrincipal } from '../access/principal.ts'
import type { Context } from '../context.ts'
import { Problem } from '../http/problem.ts'
import type { RequestCode } from './request-code.ts'

const REQUEST_SECONDS = 180

/** "expired" is an open one whose time is over. */
export type RequestState = 'open' | 'paid' | 'cancelled' | 'declined' | 'expired'

type Payee = { id: number; name: { ko: string; en: string }; kind: string }
export type PaymentRequestView = {
  id: string
  payee: Payee
  amount: bigint
  state: RequestState
  expiresAt: Date
}

export type PaymentRequests = {
  /**
   * The merchant asks for an amount.
   * @param pass Scanned from a citizen's wallet: then only that citizen can pay, and is shown the request at once.
   * @throws Problem `payee_frozen`, and what a pass is refused with
   */
  create(
    principal: Principal,
    request: { amount: bigint; pass?: string | undefined },
  ): Promise<{ id: string; amount: bigint; qr: string; expiresAt: Date }>
  /** For whoever scanned the QR code. @throws Problem `not_found` */
  read(id: string): Promise<PaymentRequestView>
  /** For the merchant who made it, with the payment once there is one. @throws Problem `not_found` */
  readOwn(principal: Principal, id: string): Promise<PaymentRequestView & { payment: PaidView | null }>
  /** @throws Problem `not_found`, `request_paid` */
  cancel(principal: Principal, id: string): Promise<PaymentRequestView>
  /** Open requests for this citizen, newest first. */
  addressedTo(wallet: WalletPrincipal): Promise<PaymentRequestView[]>
  /** @throws Problem `not_found`, `request_paid` */
  decline(wallet: WalletPrincipal, id: string): Promise<PaymentRequestView>
}

export type PaidView = { id: string; amount: bigint; status: string; heldAt: Date }

type Row = {
  id: string
  payeeId: number
  amount: bigint
  state: string
  expiresAt: Date
  nameKo: string
  nameEn: string
  kind: string
}

export function createPaymentRequests(
  { db, clock }: Pick<Context, 'db' | 'clock'>,
  { code, accountByPass }: { code: RequestCode; accountByPass(pass: string): Promise<{ id: string }> },
): PaymentRequests {
  const view = ({
    id,
    payeeId,
    nameKo,
    nameEn,
    kind,
    amount,
    state,
    expiresAt,
  }: Row): PaymentRequestView => ({
    id,
    payee: { id: payeeId, name: { ko: nameKo, en: nameEn }, kind },
    amount,
    state: state === 'open' && expiresAt <= clock() ? 'expired' : (state as RequestState),
    expiresAt,
  })
  const read = async (id: string): Promise<PaymentRequestView> => {
    const [row] = await db.sql<Row>`
      SELECT r."id", r."payeeId", r."amount", r."state", r."expiresAt", p."nameKo", p."nameEn", p."kind"
      FROM "PaymentRequest" r JOIN "Payee" p ON p."id" = r."payeeId" WHERE r."id" = ${id}::uuid`
    if (!row) throw new Problem('not_found', 'There is no such payment request.')
    return view(row)
  }
  /** Of a request and its payment exactly one comes first: the row decides. */
  const close = async (id: string, changed: boolean): Promise<PaymentRequestView> => {
    const request = await read(id)
    if (!changed && request.state === 'paid')
      throw new Problem('request_paid', 'This request has been paid already.')
    return request
  }
  const notFound = () => new Problem('not_found', 'There is no such payment request.')

  return {
    create: async ({ payeeId, actor }, { amount, pass }) => {
      const [payee] = await db.sql<{ id: number; nameKo: string; nameEn: string; status: string }>`
        SELECT "id", "nameKo", "nameEn", "status" FROM "Payee" WHERE "id" = ${payeeId}`
      if (payee?.status !== 'active')
        throw new Problem('payee_frozen', 'This merchant may not take points at the moment.')
      const account = pass === undefined ? null : await accountByPass(pass)
      const id = randomUUID()
      const now = clock()
      const expiresAt = new Date(now.getTime() + REQUEST_SECONDS * 1000)
      await db.sql`
        INSERT INTO "PaymentRequest" ("id", "payeeId", "amount", "accountId", "createdBy", "createdAt", "expiresAt")
        VALUES (${id}::uuid, ${payee.id}, ${amount}, ${account?.id ?? null}::uuid, ${actor}, ${now}, ${expiresAt})`
      const name = { ko: payee.nameKo, en: payee.nameEn }
      return {
        id,
        amount,
        qr: await code.of({ id, payee: { id: payee.id, name }, amount, expiresAt }),
        expiresAt,
      }
    },
    read,
    readOwn: async ({ payeeId }, id) => {
      const request = await read(id)
      if (request.payee.id !== payeeId) throw notFound()
      const [payment] = await db.sql<PaidView>`
        SELECT "id", "amount", "status", "heldAt" FROM "Redemption" WHERE "requestId" = ${id}::uuid`
      return { ...request, payment: payment ?? null }
    },
    cancel: async ({ payeeId }, id) => {
      if ((await read(id)).payee.id !== payeeId) throw notFound()
      const rows = await db.sql`
        UPDATE "PaymentRequest" SET "state" = 'cancelled'
        WHERE "id" = ${id}::uuid AND "payeeId" = ${payeeId} AND "state" = 'open' RETURNING "id"`
      return close(id, rows.length > 0)
    },
    addressedTo: async ({ accountId }) => {
      const rows = await db.sql<Row>`
        SELECT r."id", r."payeeId", r."amount", r."state", r."expiresAt", p."nameKo", p."nameEn", p."kind"
        FROM "PaymentRequest" r JOIN "Payee" p ON p."id" = r."payeeId"
        WHERE r."accountId" = ${accountId}::uuid AND r."state" = 'open' AND r."expiresAt" > ${clock()}
        ORDER BY r."createdAt" DESC LIMIT 20`
      return rows.map(view)
    },
    decline: async ({ accountId }, id) => {
      const [row] = await db.sql`
        SELECT "id" FROM "PaymentRequest" WHERE "id" = ${id}::uuid AND "accountId" = ${accountId}::uuid`
      if (!row) throw notFound()
      const rows = await db.sql`
        UPDATE "PaymentRequest" SET "state" = 'declined' WHERE "id" = ${id}::uuid AND "state" = 'open' RETURNING "id"`
      return close(id, rows.length > 0)
    },
  }
}
