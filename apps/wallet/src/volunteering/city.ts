import { readAccount } from '../account/account.ts'
import { ApiError } from '../account/api-error.ts'
import { openAccount } from '../account/device-ports.ts'
import { walletFetch } from '../account/wallet-fetch.ts'
import type { Activity, Group, GroupKind, MyVolunteering, Signup } from './types.ts'
import { walletFile } from './wallet-file.ts'

/** What anyone may read: asked without the wallet's key, so that the city does not learn who looks. */
async function read<T>(path: string): Promise<T> {
  return walletFetch<T>(await openAccount(), path)
}

/** As this citizen. @throws ApiError `wallet_unknown` when this device was never connected, without asking the city */
async function asCitizen<T>(path: string, body?: object): Promise<T> {
  const ports = await openAccount()
  const account = await readAccount(ports)
  if (account?.status !== 'open') throw new ApiError('wallet_unknown', 'this device is not connected')
  return walletFetch<T>(ports, path, {
    key: account.key,
    ...(body === undefined ? {} : { method: 'POST', body }),
  })
}

/** Whether this device is connected with its citizen, as far as it knows. */
export async function isConnected(): Promise<boolean> {
  return (await readAccount(await openAccount()))?.status === 'open'
}

/** All that is open to sign up for; which of it anyone likes is found out here. */
export const fetchActivities = () => read<{ items: Activity[] }>('/api/activities').then(({ items }) => items)

export const fetchActivity = (id: string) => read<Activity>(`/api/activities/${encodeURIComponent(id)}`)

/** How the citizen comes: with a group that they lead, or as a minor whose guardian will be asked. */
export type Coming = { groupId?: string; guardian?: boolean }
export type Signed = {
  signup: Signup | null
  /** When a leader signed the whole group up. */
  group?: { signed: number; waiting: number; consent: number }
}
export type SigningUp =
  | Signed
  | {
      verification: { id: string; requestUri: string }
      /** `adult`: who cannot prove that signs up with a guardian instead. */
      asks: 'adult' | 'activity'
    }

/** Signs up, or gives what has to be proved first. */
export const signUp = (activityId: string, coming: Coming) =>
  asCitizen<SigningUp>('/api/wallet/signups', { activityId, ...coming })

/** Signs up with a proof that was given; there may be another one to give. */
export const signUpProved = (activityId: string, verificationId: string, coming: Coming) =>
  asCitizen<SigningUp>('/api/wallet/signups/proved', { activityId, verificationId, ...coming })

export const withdraw = (signupId: string) => asCitizen(`/api/wallet/signups/${signupId}/withdraw`, {})

const SNAPSHOT = 'volunteering'

export type Mine = MyVolunteering & {
  /** When it was so, milliseconds; absent when it is so now. */ asOf?: number
}

/** My sign-ups and hours; without a network as they were the last time, for who stands before a door. */
export async function fetchMine(): Promise<Mine> {
  const { store } = await openAccount()
  try {
    const mine = await asCitizen<MyVolunteering>('/api/wallet/volunteering')
    await store.put('snapshot', SNAPSHOT, { at: Date.now(), body: mine })
    return mine
  } catch (error) {
    const kept = await store.get('snapshot', SNAPSHOT)
    if (!(error instanceof ApiError) || error.code !== 'network' || !kept) throw error
    return { ...(kept.body as MyVolunteering), asOf: kept.at }
  }
}

/** The same as this device last knew it. */
export async function keptMine(): Promise<MyVolunteering | undefined> {
  return (await (await openAccount()).store.get('snapshot', SNAPSHOT))?.body as MyVolunteering | undefined
}

/** `in` or `out`, as the organiser's code says that it should be now. */
export type CheckedIn = { activity: { title: Activity['title'] }; what: 'in' | 'out'; at: string }

export const checkIn = (text: string) => asCitizen<CheckedIn>('/api/wallet/attendance', { text })

export const dispute = (signupId: string, reason: string) =>
  asCitizen(`/api/wallet/attendance/${signupId}/dispute`, { reason })

/** The certificate of some hours, as PDF. */
export async function fetchCertificate(hoursId: string): Promise<Blob> {
  const ports = await openAccount()
  const account = await readAccount(ports)
  if (!account) throw new ApiError('wallet_unknown', 'this device is not connected')
  return walletFile(ports, account.key, `/api/wallet/hours/${hoursId}/certificate.pdf`)
}

export const fetchGroups = () =>
  asCitizen<{ items: Group[] }>('/api/wallet/groups').then(({ items }) => items)
export const createGroup = (group: { name: string; kind: GroupKind; participates: boolean }) =>
  asCitizen<Group>('/api/wallet/groups', group)
export const leaveGroup = (id: string) => asCitizen(`/api/wallet/groups/${id}/leave`, {})
export const joinGroup = (code: string) => asCitizen<Group>('/api/wallet/groups/join', { code })

/** What a guardian is asked, or has answered. */
export type Consent = {
  id: string
  activity: Activity
  /** The name, half hidden: enough for who knows the child. */
  volunteer: string
  status: 'asked' | 'given' | 'refused'
  expiresAt: string
  answeredAt: string | null
}
export type ConsentAnswer = Consent | { verification: { id: string; requestUri: string } }

/** The token goes in the body: an address stays in too many places. */
export const readConsent = (token: string) => asCitizen<Consent>('/api/wallet/consents/open', { token })

/** A yes wants a proof that an adult says it; without one this gives what has to be proved first. */
export const answerConsent = (token: string, answer: 'given' | 'refused', verificationId?: string) =>
  asCitizen<ConsentAnswer>('/api/wallet/consents', {
    token,
    answer,
    ...(verificationId ? { verificationId } : {}),
  })

export const fetchConsents = () =>
  asCitizen<{ items: Consent[] }>('/api/wallet/consents').then(({ items }) => items)

export const takeConsentBack = (id: string) => asCitizen<Consent>(`/api/wallet/consents/${id}/withdraw`, {})
