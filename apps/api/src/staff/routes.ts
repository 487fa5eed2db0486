import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server'
import { ROLES } from '../access/principal.ts'
import { clearedSessionCookie, sessionCookie, sessionTokenOf } from '../access/session-cookie.ts'
import { SESSION_SECONDS } from '../access/sessions.ts'
import { type Route, route } from '../http/route.ts'
import { cameOverLoopback } from './loopback.ts'
import {
  enrolBodySchema,
  enrolOptionsSchema,
  linkBodySchema,
  optionsSchema,
  passkeyBodySchema,
  sessionSchema,
} from './schema.ts'
import type { Staff } from './service.ts'

/** Guessing a token of 256 bits is hopeless; the limit only keeps the noise down. */
const SIGN_IN_RATE = 30

const done = { mediaType: 'application/json', description: 'Signed in; the session is in a cookie' }

export function staffRoutes(staff: Staff, publicUrl: string): Route[] {
  const signedIn = (token: string) => ({
    status: 204,
    headers: { 'Set-Cookie': sessionCookie(token, SESSION_SECONDS, publicUrl) },
  })
  return [
    route({
      method: 'get',
      path: '/api/session',
      tag: 'Session',
      summary: 'Who is signed in',
      access: ROLES,
      responses: { 200: sessionSchema },
      handle: async ({ principal }) => ({ body: await staff.describe(principal) }),
    }),
    route({
      method: 'delete',
      path: '/api/session',
      tag: 'Session',
      summary: 'Sign out',
      access: 'public',
      responses: { 204: { mediaType: 'application/json', description: 'Signed out' } },
      handle: async ({ request }) => {
        const token = sessionTokenOf(request)
        if (token !== undefined) await staff.signOut(token)
        return { status: 204, headers: { 'Set-Cookie': clearedSessionCookie(publicUrl) } }
      },
    }),
    route({
      method: 'post',
      path: '/api/session/enrol-options',
      tag: 'Session',
      summary: 'What the browser needs to make a passkey, for the holder of a one-time link',
      access: 'public',
      rateLimit: SIGN_IN_RATE,
      body: linkBodySchema,
      responses: { 200: enrolOptionsSchema },
      handle: async ({ body }) => ({ body: await staff.enrolOptions(body.token) }),
    }),
    route({
      method: 'post',
      path: '/api/session/enrol',
      tag: 'Session',
      summary: 'Enrol the passkey, spend the link, sign in',
      access: 'public',
      rateLimit: SIGN_IN_RATE,
      body: enrolBodySchema,
      responses: { 204: done },
      handle: async ({ body }) =>
        signedIn(await staff.enrol(body.token, body.response as unknown as RegistrationResponseJSON)),
    }),
    route({
      method: 'post',
      path: '/api/session/link',
      tag: 'Session',
      summary: 'Sign in with a one-time link, on the machine that the city runs on and nowhere else',
      access: 'public',
      rateLimit: SIGN_IN_RATE,
      body: linkBodySchema,
      responses: { 204: done },
      handle: async ({ body, request }) =>
        signedIn(await staff.signInByLink(body.token, cameOverLoopback(request))),
    }),
    route({
      method: 'post',
      path: '/api/session/passkey-options',
      tag: 'Session',
      summary: 'A challenge to sign in with a passkey',
      access: 'public',
      rateLimit: SIGN_IN_RATE,
      responses: { 200: optionsSchema },
      handle: async () => ({ body: await staff.passkeyOptions() }),
    }),
    route({
      method: 'post',
      path: '/api/session/passkey',
      tag: 'Session',
      summary: 'Sign in with a passkey',
      access: 'public',
      rateLimit: SIGN_IN_RATE,
      body: passkeyBodySchema,
      responses: { 204: done },
      handle: async ({ body }) =>
        signedIn(await staff.signInByPasskey(body.response as unknown as AuthenticationResponseJSON)),
    }),
  ]
}
