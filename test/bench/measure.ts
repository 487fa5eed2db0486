import { readFileSync } from 'node:fs'
import type { TestCity } from '../city.ts'

/** What one operation costs at the least: each primitive with how often it is needed. */
export type Floor = Record<string, { times: number; run: () => unknown }>

/** Runs each primitive in a bare loop; answers milliseconds of CPU per operation, by primitive and in all. */
export function measureFloor(floor: Floor): { total: number; parts: Record<string, number> } {
  const parts: Record<string, number> = {}
  for (const [name, { times, run }] of Object.entries(floor)) {
    for (let i = 0; i < 50; i++) run()
    const rounds = 400
    const before = process.cpuUsage()
    for (let i = 0; i < rounds; i++) run()
    const { user, system } = process.cpuUsage(before)
    parts[name] = round(((user + system) / 1000 / rounds) * times)
  }
  return { total: Object.values(parts).reduce((sum, one) => sum + one, 0), parts }
}

export const round = (value: number): number => Math.round(value * 1000) / 1000

/** CPU seconds that the process has used (Linux counts in hundredths). */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

export type Load = { perSecond: number; cpuMsPerOp: number; operations: number }

/** Runs `operation` for some seconds, `parallel` at a time, and charges the server's CPU to the operations. */
export async function load(
  city: TestCity,
  { seconds, parallel }: { seconds: number; parallel: number },
  operation: (index: number) => Promise<void>,
): Promise<Load> {
  let index = 0
  const lane = async (until: number) => {
    while (performance.now() < until) await operation(index++)
  }
  const run = async (forSeconds: number) => {
    const until = performance.now() + forSeconds * 1000
    await Promise.all(Array.from({ length: parallel }, () => lane(until)))
  }
  await run(Math.min(3, seconds))
  const [from, began, cpu] = [index, performance.now(), cpuSeconds(city.pid)]
  await run(seconds)
  const operations = index - from
  return {
    operations,
    perSecond: round(operations / ((performance.now() - began) / 1000)),
    cpuMsPerOp: round(((cpuSeconds(city.pid) - cpu) * 1000) / operations),
  }
}

type CpuProfile = {
  nodes: { id: number; callFrame: { functionName: string; url: string } }[]
  samples: number[]
  timeDeltas: number[]
}

/** Where the server's time goes, by part, as shares of its busy time: a CPU profile taken while `work` runs. */
export async function profile(
  inspectorPort: number,
  work: () => Promise<unknown>,
): Promise<Record<string, number>> {
  const [target] = (await (await fetch(`http://127.0.0.1:${inspectorPort}/json/list`)).json()) as {
    webSocketDebuggerUrl: string
  }[]
  if (!target) throw new Error('the server has no inspector')
  const socket = new WebSocket(target.webSocketDebuggerUrl)
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve)
    socket.addEventListener('error', reject)
  })
  let id = 0
  const ask = (method: string, params = {}) =>
    new Promise<{ profile?: CpuProfile }>((resolve) => {
      id += 1
      const asked = id
      const onMessage = ({ data }: MessageEvent) => {
        const answer = JSON.parse(String(data))
        if (answer.id !== asked) return
        socket.removeEventListener('message', onMessage)
        resolve(answer.result)
      }
      socket.addEventListener('message', onMessage)
      socket.send(JSON.stringify({ id: asked, method, params }))
    })
  await ask('Profiler.enable')
  await ask('Profiler.setSamplingInterval', { interval: 500 })
  await ask('Profiler.start')
  await work()
  const { profile } = await ask('Profiler.stop')
  socket.close()
  return profile ? sharesByPart(profile) : {}
}

/** Which part of the server a stack frame belongs to; the first pattern that fits. */
const PARTS: [string, RegExp][] = [
  ['cryptography', /node:internal\/crypto|webcrypto|\/jose\//],
  ['database', /pglite|\/pg\/|pg-protocol|pg-pool|prisma|packages\/database|wasm/],
  [
    'http',
    /express|router|body-parser|helmet|rate-limit|pino|node:(_http|http|net|internal\/streams|stream|internal\/http)|finalhandler|raw-body|apps\/api\/src\/http/,
  ],
  ['validation', /\/zod\/|dcql|valibot/],
  ['credentials', /packages\/(credentials|anchoring)/],
  ['services', /apps\/api/],
]

function sharesByPart({ nodes, samples, timeDeltas }: CpuProfile): Record<string, number> {
  const partOf = new Map(
    nodes.map(({ id, callFrame: { functionName, url } }) => {
      if (functionName === '(idle)' || functionName === '(program)') return [id, functionName] as const
      if (functionName === '(garbage collector)') return [id, 'garbage collection'] as const
      const native =
        /^(sign|verify|update|digest|deriveBits|diffieHellman|createECDH|generateKeyPair|sign[A-Z]\w*|verify[A-Z]\w*)/
      if (url === '' && native.test(functionName)) return [id, 'cryptography'] as const
      return [id, PARTS.find(([, pattern]) => pattern.test(url))?.[0] ?? 'runtime and other'] as const
    }),
  )
  const spent = new Map<string, number>()
  samples.forEach((sample, index) => {
    const part = partOf.get(sample) ?? 'runtime and other'
    spent.set(part, (spent.get(part) ?? 0) + (timeDeltas[index] ?? 0))
  })
  spent.delete('(idle)')
  const busy = [...spent.values()].reduce((sum, one) => sum + one, 0)
  const shares = [...spent].map(
    ([part, time]) => [part === '(program)' ? 'native code' : part, round(time / busy)] as const,
  )
  return Object.fromEntries(shares.sort(([, a], [, b]) => b - a))
}
