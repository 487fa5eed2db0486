import { z } from 'zod'
import { Problem } from '../http/problem.ts'
import { type Route, route } from '../http/route.ts'
import {
  awardBodySchema,
  awardParamsSchema,
  awardsPageSchema,
  awardsQuerySchema,
  changeBodySchema,
  correctionBodySchema,
  correctionParamsSchema,
  correctionSchema,
  givenSchema,
  historySchema,
  pageQuerySchema,
  pauseBodySchema,
  programmeBodySchema,
  programmeParamsSchema,
  programmeSchema,
  reconciliationSchema,
  spendingSchema,
  totalsSchema,
  walletPointsSchema,
} from './schema.ts'
import type { Mileage } from './service.ts'

const tag = 'Points'
const city = ['operator'] as const
const owners = ['programme', 'operator'] as const

export function mileageRoutes(mileage: Mileage): Route[] {
  const { programmes, corrections } = mileage
  return [
    route({
      method: 'get',
      path: '/api/programmes',
      tag,
      summary: 'The programmes that give points, with budget, limits and rules',
      access: 'public',
      responses: { 200: z.array(programmeSchema) },
      handle: async () => ({ body: await programmes.list() }),
    }),
    route({
      method: 'get',
      path: '/api/programmes/{id}/spending',
      tag,
      summary: 'What a programme gave by period and by week',
      access: 'public',
      params: programmeParamsSchema,
      responses: { 200: spendingSchema },
      handle: async ({ params }) => ({ body: await programmes.spending(params.id) }),
    }),
    route({
      method: 'post',
      path: '/api/programmes',
      tag,
      summary: 'Begin a programme; it gives points once the chain has it',
      access: city,
      body: programmeBodySchema,
      responses: { 201: programmeSchema },
      handle: async ({ principal, body }) => ({
        status: 201,
        body: await programmes.create(principal, body),
      }),
    }),
    route({
      method: 'post',
      path: '/api/programmes/{id}/change',
      tag,
      summary: 'Change budget, day limit or end; counts once the chain has it',
      access: city,
      params: programmeParamsSchema,
      body: changeBodySchema,
      responses: { 200: programmeSchema },
      handle: async ({ principal, params, body }) => ({
        body: await programmes.change(principal, params.id, body),
      }),
    }),
    route({
      method: 'post',
      path: '/api/programmes/{id}/stop',
      tag,
      summary: 'Stop a programme at once',
      access: owners,
      params: programmeParamsSchema,
      responses: { 200: programmeSchema },
      handle: async ({ principal, params }) => ({ body: await programmes.stop(principal, params.id) }),
    }),
    route({
      method: 'post',
      path: '/api/programmes/{id}/resume',
      tag,
      summary: 'Resume a stopped programme',
      access: owners,
      params: programmeParamsSchema,
      responses: { 200: programmeSchema },
      handle: async ({ principal, params }) => ({ body: await programmes.resume(principal, params.id) }),
    }),
    route({
      method: 'post',
      path: '/api/programmes/{id}/awards',
      tag,
      summary: 'Give points by a rule; needs the header Idempotency-Key',
      access: owners,
      rateLimit: 1200,
      params: programmeParamsSchema,
      body: awardBodySchema,
      responses: { 200: givenSchema, 201: givenSchema },
      handle: async ({ principal, params, body, request }) => {
        const { repeated, ...given } = await mileage.give(principal, params.id, {
          body,
          idempotencyKey: idempotencyKeyOf(request.get('idempotency-key')),
        })
        return { status: repeated ? 200 : 201, body: given }
      },
    }),
    route({
      method: 'get',
      path: '/api/programmes/{id}/awards',
      tag,
      summary: 'What a programme gave, newest first',
      access: owners,
      params: programmeParamsSchema,
      query: awardsQuerySchema,
      responses: { 200: awardsPageSchema },
      handle: async ({ principal, params, query }) => ({
        body: await mileage.awards(principal, params.id, query),
      }),
    }),
    route({
      method: 'post',
      path: '/api/awards/{id}/correction',
      tag,
      summary: 'Propose to take points back that were given by mistake; somebody else approves',
      access: owners,
      params: awardParamsSchema,
      body: correctionBodySchema,
      responses: { 201: correctionSchema },
      handle: async ({ principal, params, body }) => ({
        status: 201,
        body: await corrections.propose(principal, params.id, body),
      }),
    }),
    route({
      method: 'get',
      path: '/api/corrections',
      tag,
      summary: 'Proposed and decided corrections, newest first',
      access: owners,
      responses: { 200: z.array(correctionSchema) },
      handle: async ({ principal }) => ({ body: await corrections.list(principal) }),
    }),
    ...(['approve', 'reject'] as const).map((act) =>
      route({
        method: 'post',
        path: `/api/corrections/{id}/${act}`,
        tag,
        summary:
          act === 'approve' ? 'Take the points, as the second person' : 'Leave the points where they are',
        access: city,
        params: correctionParamsSchema,
        responses: { 200: correctionSchema },
        handle: async ({ principal, params }) => ({ body: await corrections[act](principal, params.id) }),
      }),
    ),
    ...(['pause', 'resume'] as const).map((act) =>
      route({
        method: 'post',
        path: `/api/points/${act}`,
        tag,
        summary: act === 'pause' ? 'Stop all points at once, here and on the chain' : 'Let points move again',
        access: city,
        body: pauseBodySchema,
        responses: {
          204: { mediaType: 'text/plain', description: 'Done here, and on its way to the chain' },
        },
        handle: async ({ principal, body }) => {
          await mileage.brake[act](principal, body.reason)
          return { status: 204 }
        },
      }),
    ),
    route({
      method: 'get',
      path: '/api/wallet/points',
      tag,
      summary: 'What the wallet has: spendable, held, on its way, and until when it is good',
      access: 'wallet',
      responses: { 200: walletPointsSchema },
      handle: async ({ wallet }) => ({ body: await mileage.points(wallet) }),
    }),
    route({
      method: 'get',
      path: '/api/wallet/points/history',
      tag,
      summary: 'Everything that happened to the citizen’s points, newest first',
      access: 'wallet',
      query: pageQuerySchema,
      responses: { 200: historySchema },
      handle: async ({ wallet, query }) => ({ body: await mileage.history(wallet, query) }),
    }),
    route({
      method: 'get',
      path: '/api/reconciliation',
      tag,
      summary: 'Compare all points of the database with the chain, to the point; may take minutes',
      access: city,
      rateLimit: 6,
      responses: { 200: reconciliationSchema },
      handle: async () => ({ body: await mileage.reconcile() }),
    }),
    route({
      method: 'get',
      path: '/api/chain-totals',
      tag,
      summary: 'All points there are: what anyone can check on the chain',
      access: 'public',
      responses: { 200: totalsSchema },
      handle: async () => ({ body: await mileage.totals() }),
    }),
  ]
}

/** @throws Problem `bad_request` */
function idempotencyKeyOf(header: string | undefined): string {
  if (header !== undefined && /^[\w.:-]{8,100}$/.test(header)) return header
  throw new Problem(
    'bad_request',
    'Send a header Idempotency-Key of 8 to 100 letters, digits or -_.: so that points are given once.',
  )
}
