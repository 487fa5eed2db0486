import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { changes } from '../device/device.ts'
import { startLoop } from './loop.ts'

const page = Object.assign(new EventTarget(), { visibilityState: 'visible' })
let online = true
let stop: () => void = () => undefined

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('document', page)
  vi.stubGlobal('window', new EventTarget())
  // Node's navigator knows nothing of a network.
  Object.defineProperty(navigator, 'onLine', { configurable: true, get: () => online })
})
afterEach(() => {
  stop()
  online = true
  page.visibilityState = 'visible'
  vi.useRealTimers()
  vi.unstubAllGlobals()
  Reflect.deleteProperty(navigator, 'onLine')
})

/** A loop whose rounds say whether there is more, and the seconds at which they ran. */
function run(more: () => boolean | Promise<never>): number[] {
  const began = Date.now()
  const ran: number[] = []
  const round = async () => {
    ran.push((Date.now() - began) / 1000)
    return more()
  }
  stop = startLoop({ round, soonestMs: 4_000, latestMs: 9_000 })
  return ran
}

describe('background work', () => {
  it('is done soon, then ever more rarely while there is more to come', async () => {
    const ran = run(() => true)
    await vi.advanceTimersByTimeAsync(40_000)
    expect(ran).toEqual([4, 10, 19, 28, 37])
  })

  it('goes on after a failure', async () => {
    const ran = run(() => Promise.reject(new Error('no answer')))
    await vi.advanceTimersByTimeAsync(11_000)
    expect(ran).toEqual([4, 10])
  })

  it('rests when there is nothing to do, and begins again soon after something changed', async () => {
    const ran = run(() => false)
    await vi.advanceTimersByTimeAsync(60_000)
    changes.announce()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(ran).toEqual([4, 64])
  })

  it('asks nobody while the page is not seen or has no network', async () => {
    page.visibilityState = 'hidden'
    const ran = run(() => true)
    await vi.advanceTimersByTimeAsync(60_000)
    page.visibilityState = 'visible'
    online = false
    page.dispatchEvent(new Event('visibilitychange'))
    await vi.advanceTimersByTimeAsync(60_000)
    expect(ran).toEqual([])
    online = true
    window.dispatchEvent(new Event('online'))
    await vi.advanceTimersByTimeAsync(4_000)
    expect(ran).toEqual([124])
  })
})
