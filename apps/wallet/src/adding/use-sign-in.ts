import type { OfferPreview } from '@pass/holder'
import { useCallback, useState } from 'react'
import { type Failure, toFailure } from '../engine/failure.ts'
import { wallet } from '../engine/wallet.ts'
import { useI18n } from '../i18n.ts'
import { useRestored } from '../parts/use-restored.ts'

type SignIn = { at: 'here' } | { at: 'leaving' } | { at: 'failed'; failure: Failure }

/** The way to the sign-in: prepares it and sends this tab there. */
export function useSignIn(): [SignIn, begin: (offer: OfferPreview) => Promise<void>] {
  const { language } = useI18n()
  const [signIn, setSignIn] = useState<SignIn>({ at: 'here' })
  useRestored(useCallback(() => setSignIn({ at: 'here' }), []))

  async function begin(offer: OfferPreview) {
    setSignIn({ at: 'leaving' })
    try {
      location.assign(await wallet.beginSignIn(offer, language))
    } catch (error) {
      setSignIn({ at: 'failed', failure: toFailure(error) })
    }
  }
  return [signIn, begin]
}
