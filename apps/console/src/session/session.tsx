import { createContext, type ReactNode, useContext } from 'react'
import { ApiError, call, type Session } from '../api.ts'
import { type Loaded, useLoad } from '../load.ts'

const SessionContext = createContext<Loaded<Session | null> | null>(null)

/** Who is signed in; null when nobody is. */
export function SessionProvider({ children }: { children: ReactNode }) {
  const session = useLoad('session', async () => {
    try {
      return await call<Session>('GET', '/api/session')
    } catch (error) {
      if (error instanceof ApiError && error.code === 'unauthenticated') return null
      throw error
    }
  })
  return <SessionContext value={session}>{children}</SessionContext>
}

export function useSession(): Loaded<Session | null> {
  const session = useContext(SessionContext)
  if (!session) throw new Error('useSession needs a SessionProvider above it')
  return session
}
