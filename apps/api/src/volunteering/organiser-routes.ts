import { z } from 'zod'
import { type Route, route } from '../http/route.ts'
import {
  activityBodySchema,
  activityChangeSchema,
  cancelBodySchema,
  codeSchema,
  confirmBodySchema,
  confirmedSchema,
  handBodySchema,
  idParamsSchema,
  organiserActivitySchema,
  publishBodySchema,
  scanBodySchema,
  scannedSchema,
  volunteerSchema,
} from './schema.ts'
import type { Volunteering } from './service.ts'

const tag = 'Volunteering'
const access = ['organiser'] as const
const base = '/api/organiser/activities'
const params = idParamsSchema

/** What organisers do with the activities of their own organisation. */
export function organiserRoutes({ activities, attendance, hours }: Volunteering): Route[] {
  return [
    route({
      method: 'get',
      path: base,
      tag,
      summary: 'Activities of your organisation, the latest first',
      access,
      responses: { 200: z.array(organiserActivitySchema) },
      handle: async ({ principal }) => ({ body: await activities.list(principal) }),
    }),
    route({
      method: 'post',
      path: base,
      tag,
      summary: 'A draft of an activity; with `repeat` one for each date',
      access,
      body: activityBodySchema,
      responses: { 201: organiserActivitySchema },
      handle: async ({ principal, body }) => ({
        status: 201,
        body: await activities.create(principal, body),
      }),
    }),
    route({
      method: 'get',
      path: `${base}/{id}`,
      tag,
      summary: 'One of them',
      access,
      params,
      responses: { 200: organiserActivitySchema },
      handle: async ({ principal, params }) => ({ body: await activities.readOwn(principal, params.id) }),
    }),
    route({
      method: 'post',
      path: `${base}/{id}`,
      tag,
      summary: 'Change it, or it and the later ones of its series',
      access,
      params,
      body: activityChangeSchema,
      responses: { 200: organiserActivitySchema },
      handle: async ({ principal, params, body }) => ({
        body: await activities.change(principal, params.id, body),
      }),
    }),
    route({
      method: 'post',
      path: `${base}/{id}/publish`,
      tag,
      summary: 'Show it to everyone',
      access,
      params,
      body: publishBodySchema,
      responses: { 200: organiserActivitySchema },
      handle: async ({ principal, params, body }) => ({
        body: await activities.publish(principal, params.id, body.following),
      }),
    }),
    route({
      method: 'post',
      path: `${base}/{id}/cancel`,
      tag,
      summary: 'Cancel it, with a reason for those who signed up',
      access,
      params,
      body: cancelBodySchema,
      responses: { 200: organiserActivitySchema },
      handle: async ({ principal, params, body }) => ({
        body: await activities.cancel(principal, params.id, body),
      }),
    }),
    route({
      method: 'get',
      path: `${base}/{id}/signups`,
      tag,
      summary: 'Who signed up, and who was there',
      access,
      params,
      responses: { 200: z.array(volunteerSchema) },
      handle: async ({ principal, params }) => ({ body: await attendance.volunteers(principal, params.id) }),
    }),
    route({
      method: 'get',
      path: `${base}/{id}/qr`,
      tag,
      summary: 'The code at the door; another one every twenty seconds',
      access,
      params,
      responses: { 200: codeSchema },
      handle: async ({ principal, params }) => ({ body: await attendance.code(principal, params.id) }),
    }),
    route({
      method: 'post',
      path: `${base}/{id}/scan`,
      tag,
      summary: "Check a volunteer in or out by their wallet's pass",
      access,
      params,
      body: scanBodySchema,
      responses: { 200: scannedSchema },
      handle: async ({ principal, params, body }) => ({
        body: await attendance.scan(principal, params.id, body.pass),
      }),
    }),
    route({
      method: 'post',
      path: `${base}/{id}/attendance`,
      tag,
      summary: 'Enter times by hand, also late and in any order',
      access,
      params,
      body: handBodySchema,
      responses: { 200: volunteerSchema },
      handle: async ({ principal, params, body }) => ({
        body: await attendance.byHand(principal, params.id, body),
      }),
    }),
    route({
      method: 'post',
      path: `${base}/{id}/confirm`,
      tag,
      summary: 'Confirm the hours of one or many: all of them, or none',
      access,
      params,
      body: confirmBodySchema,
      responses: { 200: confirmedSchema },
      handle: async ({ principal, params, body }) => ({
        body: await hours.confirm(principal, params.id, body),
      }),
    }),
    route({
      method: 'get',
      path: `${base}/{id}/attendance.csv`,
      tag,
      summary: 'Attendance for a spreadsheet',
      access,
      params,
      responses: { 200: { mediaType: 'text/csv', description: 'UTF-8 with a byte order mark' } },
      handle: async ({ principal, params }) => ({
        body: await attendance.csv(principal, params.id),
        headers: {
          'Content-Type': 'text/csv; charset=utf-8',
          'Content-Disposition': 'attachment; filename="attendance.csv"',
        },
      }),
    }),
  ]
}
