import { z } from 'zod'
import { type Route, route } from '../http/route.ts'
import { type Status, TTL_SECONDS } from './service.ts'

const MEDIA_TYPE = 'application/statuslist+jwt'

/** Where status lists are fetched (Token Status List section 8.1). */
export function statusRoutes(status: Status): Route[] {
  return [
    route({
      method: 'get',
      path: '/status-lists/{listId}',
      tag: 'Status',
      summary: 'A status list, signed by the agency whose credentials it is about',
      access: 'public',
      rateLimit: 600,
      params: z.object({ listId: z.string().regex(/^[a-z0-9-]{1,100}$/) }),
      responses: {
        200: { mediaType: MEDIA_TYPE, description: 'The list as a compact JWT; keep it for max-age seconds' },
        304: { mediaType: MEDIA_TYPE, description: 'Unchanged since the version named in If-None-Match' },
      },
      handle: async ({ params, request }) => {
        const { token, hash } = await status.served(params.listId)
        const headers = {
          ETag: `"${hash}"`,
          'Cache-Control': `public, max-age=${TTL_SECONDS}`,
          'Content-Type': MEDIA_TYPE,
        }
        return names(request.headers['if-none-match'], hash)
          ? { status: 304, headers }
          : { headers, body: token }
      },
    }),
  ]
}

/** Weak comparison (RFC 9110 section 13.1.2): a cache on the way may have marked the tag as weak. */
function names(ifNoneMatch: string | undefined, hash: string): boolean {
  if (ifNoneMatch === undefined) return false
  return (
    ifNoneMatch.trim() === '*' ||
    ifNoneMatch.split(',').some((tag) => tag.trim().replace(/^W\//, '') === `"${hash}"`)
  )
}
