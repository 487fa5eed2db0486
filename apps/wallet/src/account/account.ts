import { holderAddress, lowS, type MileageDomain, objectionMessage } from '@pass/chain/authorisations'
import type { AccountRecord } from '@pass/holder'
import { toBase64url } from '@pass/holder/wallet-key'
import { ApiError } from './api-error.ts'
import type { AccountPorts } from './ports.ts'
import { walletFetch } from './wallet-fetch.ts'

const ID = 'mine'
/** For how long the chain takes an objection. */
const OBJECTION_SECONDS = 24 * 60 * 60

type AccountAnswer = {
  status: AccountRecord['status']
  number?: string
  readyAt?: string | null
  /** Of a closed one. */
  reason?: 'moved' | 'objected'
  /** On the device that the points would leave. */
  recovery?: { readyAt: string | null } | null
}

/** The account as this device knows it; nothing when it never had a key. */
export function readAccount({ store }: Pick<AccountPorts, 'store'>): Promise<AccountRecord | undefined> {
  return store.get('account', ID)
}

/** Changes the account, one change after the other. `change` gets what is stored now. */
export async function updateAccount(
  ports: Pick<AccountPorts, 'store' | 'alone'>,
  change: (account: AccountRecord) => AccountRecord | Promise<AccountRecord>,
): Promise<AccountRecord> {
  return ports.alone(async () => {
    const before = await readAccount(ports)
    if (!before) throw new ApiError('wallet_unknown', 'this device has no key of points')
    const after = await change(before)
    if (JSON.stringify(after) !== JSON.stringify(before)) await ports.store.put('account', ID, after)
    return after
  })
}

/**
 * Asks the city how the account stands.
 * @throws ApiError
 */
export async function refreshAccount(ports: AccountPorts): Promise<AccountRecord | undefined> {
  const account = await readAccount(ports)
  if (!account) return undefined
  const answer = await walletFetch<AccountAnswer>(ports, '/api/wallet/account', { key: account.key })
  return updateAccount(ports, (now) => (now.key.id === account.key.id ? standing(now, answer) : now))
}

/** A fresh proof of who the citizen is: gives the presentation request that the wallet answers itself. */
export async function startConnecting(ports: AccountPorts): Promise<string> {
  const account = await ports.alone(() => keyForConnecting(ports))
  const verification = await walletFetch<{ id: string; requestUri: string }>(
    ports,
    '/api/wallet/account/verification',
    { method: 'POST', body: {}, key: account.key },
  )
  await updateAccount(ports, (now) => ({ ...now, verificationId: verification.id }))
  return verification.requestUri
}

/**
 * Opens the account with the proof that was given; with `move` although the citizen has one on another device, whose
 * points then come here.
 *
 * @throws ApiError also `account_elsewhere`, when it takes a `move`
 */
export async function connect(ports: AccountPorts, move: boolean): Promise<AccountRecord> {
  const account = await readAccount(ports)
  if (!account?.verificationId) throw new ApiError('wallet_unknown', 'there is no proof to connect with')
  const path = move ? '/api/wallet/account/move' : '/api/wallet/account'
  await walletFetch(ports, path, {
    method: 'POST',
    body: { verificationId: account.verificationId },
    key: account.key,
  })
  await updateAccount(ports, ({ verificationId: _spent, ...rest }) => rest)
  return (await refreshAccount(ports)) ?? account
}

/** Keeps the points on this device although another one asked for them. @throws ApiError */
export async function object(ports: AccountPorts, domain: MileageDomain): Promise<void> {
  const deadline = Math.floor((await ports.clock.now()) / 1000) + OBJECTION_SECONDS
  const account = await updateAccount(ports, (now) => ({ ...now, nonce: now.nonce + 1 }))
  const holder = holderAddress(account.key.publicJwk)
  const message = objectionMessage(domain, { holder, nonce: account.nonce, deadline })
  const signature = toBase64url(lowS(await ports.keys.sign(account.key.id, message)))
  try {
    await walletFetch(ports, '/api/wallet/account/objection', {
      method: 'POST',
      body: { nonce: account.nonce, deadline, signature },
      key: account.key,
    })
  } catch (error) {
    // It was stopped already, by an answer that was lost or by a payment.
    if (!(error instanceof ApiError) || error.code !== 'not_found') throw error
  }
  await refreshAccount(ports)
}

/** The key stays the same for as long as this device has it, whatever became of its account. */
async function keyForConnecting(ports: AccountPorts): Promise<AccountRecord> {
  const known = await readAccount(ports)
  if (known) return known
  const account: AccountRecord = { key: await ports.keys.generate(), nonce: 0, status: 'none' }
  await ports.store.put('account', ID, account)
  return account
}

function standing(
  { key, nonce, verificationId }: AccountRecord,
  { status, number, readyAt, reason, recovery }: AccountAnswer,
): AccountRecord {
  return {
    key,
    nonce,
    status,
    ...(verificationId === undefined ? {} : { verificationId }),
    ...(number === undefined ? {} : { number }),
    ...(reason === undefined ? {} : { reason }),
    ...(readyAt ? { readyAt: Date.parse(readyAt) } : {}),
    // Without a date the move is on its way to beginning: the warning is due all the same.
    ...(recovery ? { leavingAt: recovery.readyAt ? Date.parse(recovery.readyAt) : 0 } : {}),
  }
}
