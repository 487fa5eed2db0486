import type { Request } from 'express'

const NAME = 'pass_session'

/** The session token in the cookie header, if there is a plausible one. */
export function sessionTokenOf(request: Request): string | undefined {
  for (const pair of (request.get('cookie') ?? '').split(';')) {
    const [name, value] = pair.trim().split('=')
    if (name === NAME && value && /^[\w-]{43}$/.test(value)) return value
  }
  return undefined
}

/** Out of reach of scripts, never sent along from another site, and over TLS only where there is TLS. */
export function sessionCookie(token: string, seconds: number, publicUrl: string): string {
  const secure = publicUrl.startsWith('https:') ? '; Secure' : ''
  return `${NAME}=${token}; Path=/api; Max-Age=${seconds}; HttpOnly; SameSite=Strict${secure}`
}

export function clearedSessionCookie(publicUrl: string): string {
  return sessionCookie('', 0, publicUrl)
}
