import { z } from 'zod'
import { type Route, route } from '../http/route.ts'
import {
  checkBodySchema,
  checkedSchema,
  consentAnswerBodySchema,
  consentSchema,
  consentTokenBodySchema,
  disputeBodySchema,
  groupBodySchema,
  groupListSchema,
  groupSchema,
  idParamsSchema,
  joinBodySchema,
  mineSchema,
  provedBodySchema,
  signedUpSchema,
  signupBodySchema,
  signupParamsSchema,
  verificationNeededSchema,
} from './schema.ts'
import type { Volunteering } from './service.ts'

const tag = 'Volunteering'
const access = 'wallet'
const params = idParamsSchema

/** What citizens do with their own wallet. */
export function volunteerRoutes(volunteering: Volunteering): Route[] {
  const { attendance, certificates, hours, myRecord, signups } = volunteering
  return [
    route({
      method: 'post',
      path: '/api/wallet/signups',
      tag,
      summary: 'Sign up; 200 with a request when something has to be proved first',
      access,
      rateLimit: 60,
      body: signupBodySchema,
      responses: { 200: verificationNeededSchema, 201: signedUpSchema },
      handle: async ({ wallet, body }) => statusOf(await signups.signUp(wallet, body)),
    }),
    route({
      method: 'post',
      path: '/api/wallet/signups/proved',
      tag,
      summary: 'Sign up with what was proved; may ask for one more proof',
      access,
      rateLimit: 60,
      body: provedBodySchema,
      responses: { 200: verificationNeededSchema, 201: signedUpSchema },
      handle: async ({ wallet, body }) => statusOf(await signups.signUpProved(wallet, body)),
    }),
    route({
      method: 'post',
      path: '/api/wallet/signups/{id}/withdraw',
      tag,
      summary: 'Withdraw, until it begins; whoever waits first moves up',
      access,
      params,
      responses: { 200: signedUpSchema },
      handle: async ({ wallet, params }) => ({ body: await signups.withdraw(wallet, params.id) }),
    }),
    route({
      method: 'get',
      path: '/api/wallet/volunteering',
      tag,
      summary: 'Own sign-ups, hours, sums and the next badge',
      access,
      responses: { 200: mineSchema },
      handle: async ({ wallet }) => ({ body: await myRecord(wallet) }),
    }),
    route({
      method: 'post',
      path: '/api/wallet/attendance',
      tag,
      summary: 'The code at the door: in, and later out',
      access,
      rateLimit: 60,
      body: checkBodySchema,
      responses: { 200: checkedSchema },
      handle: async ({ wallet, body }) => ({ body: await attendance.check(wallet, body.text) }),
    }),
    route({
      method: 'post',
      path: '/api/wallet/attendance/{signupId}/dispute',
      tag,
      summary: 'Ask the city to decide on hours',
      access,
      params: signupParamsSchema,
      body: disputeBodySchema,
      responses: { 200: z.object({ status: z.literal('disputed') }) },
      handle: async ({ wallet, params, body }) => {
        await hours.dispute(wallet, params.signupId, body.reason)
        return { body: { status: 'disputed' } }
      },
    }),
    route({
      method: 'get',
      path: '/api/wallet/hours/{id}/certificate.pdf',
      tag,
      summary: 'A certificate to print',
      access,
      rateLimit: 30,
      params,
      responses: { 200: { mediaType: 'application/pdf', description: 'One page with a signed QR' } },
      handle: async ({ wallet, params }) => ({
        body: await certificates.pdf(wallet, params.id),
        headers: {
          'Content-Type': 'application/pdf',
          'Content-Disposition': 'attachment; filename="certificate.pdf"',
        },
      }),
    }),
    ...groupRoutes(volunteering),
    ...consentRoutes(volunteering),
  ]
}

function groupRoutes({ groups }: Volunteering): Route[] {
  return [
    route({
      method: 'get',
      path: '/api/wallet/groups',
      tag,
      summary: 'Groups that one leads or is in',
      access,
      responses: { 200: groupListSchema },
      handle: async ({ wallet }) => ({ body: { items: await groups.list(wallet) } }),
    }),
    route({
      method: 'post',
      path: '/api/wallet/groups',
      tag,
      summary: 'A class or a club that signs up together',
      access,
      rateLimit: 30,
      body: groupBodySchema,
      responses: { 201: groupSchema },
      handle: async ({ wallet, body }) => ({ status: 201, body: await groups.create(wallet, body) }),
    }),
    route({
      method: 'post',
      path: '/api/wallet/groups/join',
      tag,
      summary: 'Join by the code that the leader reads out',
      access,
      rateLimit: 20,
      body: joinBodySchema,
      responses: { 200: groupSchema },
      handle: async ({ wallet, body }) => ({ body: await groups.join(wallet, body.code) }),
    }),
    route({
      method: 'post',
      path: '/api/wallet/groups/{id}/leave',
      tag,
      summary: 'Leave a group',
      access,
      params,
      responses: { 200: z.object({}) },
      handle: async ({ wallet, params }) => {
        await groups.leave(wallet, params.id)
        return { body: {} }
      },
    }),
  ]
}

function consentRoutes({ consents }: Volunteering): Route[] {
  return [
    route({
      method: 'get',
      path: '/api/wallet/consents',
      tag,
      summary: "Answers that one gave as a minor's guardian",
      access,
      responses: { 200: z.object({ items: z.array(consentSchema) }) },
      handle: async ({ wallet }) => ({ body: { items: await consents.list(wallet) } }),
    }),
    route({
      method: 'post',
      path: '/api/wallet/consents/open',
      tag,
      summary: 'What the link of a minor asks',
      access,
      rateLimit: 30,
      body: consentTokenBodySchema,
      responses: { 200: consentSchema },
      handle: async ({ wallet, body }) => ({ body: await consents.open(wallet, body.token) }),
    }),
    route({
      method: 'post',
      path: '/api/wallet/consents',
      tag,
      summary: 'Answer it; asks once for a proof of being of age',
      access,
      rateLimit: 30,
      body: consentAnswerBodySchema,
      responses: { 200: z.union([consentSchema, verificationNeededSchema]) },
      handle: async ({ wallet, body }) => ({ body: await consents.answer(wallet, body) }),
    }),
    route({
      method: 'post',
      path: '/api/wallet/consents/{id}/withdraw',
      tag,
      summary: 'Take a yes back, until the activity begins',
      access,
      params,
      responses: { 200: consentSchema },
      handle: async ({ wallet, params }) => ({ body: await consents.takeBack(wallet, params.id) }),
    }),
  ]
}

const statusOf = (body: object) => ({ status: 'verification' in body ? 200 : 201, body })
