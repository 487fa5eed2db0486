import type { Adapter, AdapterPayload } from 'oidc-provider'

type Kept = { payload: AdapterPayload; until: number }

/** More than a try-out ever has open at once. */
const MOST = 10_000

/** What the sample provider keeps: in memory, forgotten when it has expired, and never more than so much. */
export function createRecords(clock: () => number = Date.now): (model: string) => Adapter {
  const kept = new Map<string, Kept>()

  const forget = () => {
    const now = clock()
    for (const [key, { until }] of kept) if (until <= now) kept.delete(key)
    // A Map keeps the order of insertion: the oldest go first.
    for (const key of kept.keys()) {
      if (kept.size <= MOST) break
      kept.delete(key)
    }
  }
  const live = (key: string) => {
    const found = kept.get(key)
    return found && found.until > clock() ? found.payload : undefined
  }
  const first = (model: string, matches: (payload: AdapterPayload) => boolean) => {
    for (const key of kept.keys()) {
      const payload = key.startsWith(`${model}:`) ? live(key) : undefined
      if (payload && matches(payload)) return payload
    }
    return undefined
  }

  return (model) => ({
    upsert: async (id, payload, expiresIn) => {
      const until = expiresIn === undefined ? Number.POSITIVE_INFINITY : clock() + expiresIn * 1000
      kept.set(`${model}:${id}`, { payload, until })
      forget()
    },
    find: async (id) => live(`${model}:${id}`),
    findByUid: async (uid) => first(model, (payload) => payload.uid === uid),
    findByUserCode: async (userCode) => first(model, (payload) => payload.userCode === userCode),
    consume: async (id) => {
      const payload = live(`${model}:${id}`)
      if (payload) payload.consumed = Math.floor(clock() / 1000)
    },
    destroy: async (id) => {
      kept.delete(`${model}:${id}`)
    },
    revokeByGrantId: async (grantId) => {
      for (const [key, { payload }] of kept) if (payload.grantId === grantId) kept.delete(key)
    },
  })
}
