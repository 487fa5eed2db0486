import type { AccountRecord, PaymentRecord } from '@pass/holder'
import { useCallback, useEffect, useState } from 'react'
import { readAccount, refreshAccount } from '../account/account.ts'
import { openAccount } from '../account/device-ports.ts'
import { openDevice } from '../device/device.ts'
import { type Failure, toFailure } from '../engine/failure.ts'
import { useI18n } from '../i18n.ts'
import { type Stored, useStored } from '../parts/use-stored.ts'
import { type Balance, readBalance, refreshBalance } from './balance.ts'
import { readPayments } from './payments.ts'

/** Points as a reader reads them: 1,500포인트. Takes decimal strings, as they come from the city. */
export function usePoints(): (points: string | bigint) => string {
  const { t, language } = useI18n()
  const format = new Intl.NumberFormat(language === 'ko' ? 'ko-KR' : 'en-GB')
  return (points) => t.unit(format.format(BigInt(points)))
}

const account = async () => readAccount(await openDevice())
const balance = async () => readBalance(await openDevice())
const payments = async () => readPayments(await openDevice())
const openPayments = async () =>
  (await readPayments(await openDevice())).filter(({ state }) => state === 'open')

export const useAccount = (): Stored<AccountRecord | undefined> => useStored(account)
export const useBalance = (): Stored<Balance | undefined> => useStored(balance)
/** What this device signed, newest first. */
export const usePayments = (): Stored<PaymentRecord[]> => useStored(payments)
/** Payments whose outcome is not known yet. */
export const useOpenPayments = (): Stored<PaymentRecord[]> => useStored(openPayments)

/**
 * Asks the city for account and balance: now, whenever the network comes back or the page is looked at again, and
 * every so often while something is under way. Gives why it did not work.
 *
 * @param everyMs undefined while nothing is awaited
 */
export function useRefresh(everyMs: number | undefined): {
  failure: Failure | undefined
  refreshed: boolean
  again: () => void
} {
  const [failure, setFailure] = useState<Failure>()
  const [refreshed, setRefreshed] = useState(false)
  const again = useCallback(() => {
    openAccount()
      .then(async (ports) => {
        await refreshAccount(ports)
        await refreshBalance(ports)
        setFailure(undefined)
      })
      .catch((error) => setFailure(toFailure(error)))
      .finally(() => setRefreshed(true))
  }, [])
  useEffect(() => {
    const seen = () => {
      if (document.visibilityState === 'visible' && navigator.onLine) again()
    }
    again()
    window.addEventListener('online', again)
    document.addEventListener('visibilitychange', seen)
    return () => {
      window.removeEventListener('online', again)
      document.removeEventListener('visibilitychange', seen)
    }
  }, [again])
  useEffect(() => {
    if (everyMs === undefined) return
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible' && navigator.onLine) again()
    }, everyMs)
    return () => clearInterval(timer)
  }, [everyMs, again])
  return { failure, refreshed, again }
}
