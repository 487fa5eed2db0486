import { createContext, type ReactNode, useContext, useEffect, useRef } from 'react'
import { ApiError, call, type Session } from '../api.ts'
import { type Loaded, useLoad } from '../load.ts'
import { announceSession, onSessionMayHaveChanged } from './session-changes.ts'

type SessionState = Loaded<Session | null> & {
  /** Whether somebody was signed in on this page until the session ended without them asking here. */
  ended: boolean
  /** Somebody signed in here: this tab and all others look again. */
  signedIn: () => void
  /** Signs out; the other tabs follow. @throws ApiError when the server was not told */
  signOut: () => Promise<void>
}

const SessionContext = createContext<SessionState | null>(null)

/** Who is signed in; null when nobody is. Looks again whenever the session may have ended or changed hands. */
export function SessionProvider({ children }: { children: ReactNode }) {
  const session = useLoad('session', async () => {
    try {
      return await call<Session>('GET', '/api/session')
    } catch (error) {
      if (error instanceof ApiError && error.code === 'unauthenticated') return null
      throw error
    }
  })
  const { data, reload } = session
  const wasHere = useRef(false)
  useEffect(() => {
    if (data) wasHere.current = true
  }, [data])
  useEffect(() => onSessionMayHaveChanged(reload), [reload])

  const state: SessionState = {
    ...session,
    ended: data === null && wasHere.current,
    signedIn: () => {
      reload()
      announceSession()
    },
    signOut: async () => {
      await call('DELETE', '/api/session')
      wasHere.current = false
      reload()
      announceSession()
    },
  }
  return <SessionContext value={state}>{children}</SessionContext>
}

export function useSession(): SessionState {
  const session = useContext(SessionContext)
  if (!session) throw new Error('useSession needs a SessionProvider above it')
  return session
}
