import type { RequestHandler } from 'express'
import { rateLimit } from 'express-rate-limit'
import { Problem } from './problem.ts'

/**
 * Refuses further requests from one address, each limiter with a count of its own.
 * @param perMinute requests that pass
 * @param factor multiplies it; 0 lifts the limit
 * @throws Problem `too_many_requests`
 */
export function limitRate(perMinute: number, factor: number): RequestHandler[] {
  if (factor === 0) return []
  return [
    rateLimit({
      windowMs: 60_000,
      limit: Math.max(1, Math.round(perMinute * factor)),
      standardHeaders: 'draft-8',
      legacyHeaders: false,
      // A forged X-Forwarded-For is simply not read unless TRUST_PROXY says so; no warning for each.
      validate: { xForwardedForHeader: false, forwardedHeader: false, trustProxy: false },
      handler: () => {
        throw new Problem(
          'too_many_requests',
          'Too many requests from this address. Wait a minute and try again.',
        )
      },
    }),
  ]
}
