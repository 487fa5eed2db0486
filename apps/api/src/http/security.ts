import type { RequestHandler } from 'express'
import helmet from 'helmet'

/**
 * Headers that keep a flaw in one of the web apps from becoming an open door: scripts, styles and connections
 * from this origin alone, nothing inline, no framing.
 */
export function securityHeaders(publicUrl: string): RequestHandler[] {
  const https = publicUrl.startsWith('https:')
  return [
    helmet({
      contentSecurityPolicy: {
        useDefaults: false,
        directives: {
          defaultSrc: ["'self'"],
          scriptSrc: ["'self'"],
          styleSrc: ["'self'"],
          imgSrc: ["'self'", 'data:', 'blob:'],
          mediaSrc: ["'self'", 'blob:'],
          fontSrc: ["'self'"],
          // The wallet alone speaks with issuers and verifiers elsewhere.
          connectSrc: ["'self'", (request) => (request.url?.startsWith('/wallet/') ? 'https:' : "'self'")],
          workerSrc: ["'self'"],
          manifestSrc: ["'self'"],
          objectSrc: ["'none'"],
          frameSrc: ["'none'"],
          frameAncestors: ["'none'"],
          baseUri: ["'none'"],
          formAction: ["'self'"],
          ...(https ? { upgradeInsecureRequests: [] } : {}),
        },
      },
      // Over plain HTTP (a laptop, a test) these would break the page or promise what is not so.
      strictTransportSecurity: https ? { maxAge: 31_536_000 } : false,
      originAgentCluster: https,
      referrerPolicy: { policy: 'no-referrer' },
      xFrameOptions: { action: 'deny' },
    }),
    (_request, response, next) => {
      response.setHeader(
        'Permissions-Policy',
        'camera=(self), publickey-credentials-get=(self), publickey-credentials-create=(self), ' +
          'geolocation=(self), microphone=(), payment=(), usb=()',
      )
      next()
    },
  ]
}
