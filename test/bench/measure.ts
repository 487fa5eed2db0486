import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { TestCity } from '../city.ts'
import { openInspector } from '../inspector.ts'

/**
 * What one operation costs at the least: each primitive with how often it is needed. `run` is node:crypto as its
 * manual has it, on JWKs and on signatures as JOSE writes them (r || s); `cheapest` is the same without what Node's
 * own argument checks cost, where we know a form that avoids them.
 */
export type Floor = Record<string, { times: number; run: () => unknown; cheapest?: () => unknown }>

export type MeasuredFloor = { total: number; cheapest: number; parts: Record<string, number> }

/**
 * Runs each primitive in a bare loop; answers milliseconds of CPU per operation, by primitive and in all. The other
 * core is kept busy meanwhile, as it is under load: two that share caches and clock are each slower than one alone.
 */
export function measureFloor(floor: Floor): MeasuredFloor {
  const measured: MeasuredFloor = { total: 0, cheapest: 0, parts: {} }
  const neighbour = spawn(process.execPath, ['-e', 'for (;;) {}'], { stdio: 'ignore' })
  try {
    for (const [name, { times, run, cheapest }] of Object.entries(floor)) {
      const plain = cpuMs(run) * times
      measured.parts[name] = round(plain)
      measured.total += plain
      measured.cheapest += cheapest ? cpuMs(cheapest) * times : plain
    }
  } finally {
    neighbour.kill('SIGKILL')
  }
  return measured
}

function cpuMs(run: () => unknown): number {
  const rounds = 1000
  for (let i = 0; i < rounds / 5; i++) run()
  const before = process.cpuUsage()
  for (let i = 0; i < rounds; i++) run()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000 / rounds
}

/** The figures of one measurement, as the last line reports them. */
export function report(measured: Load, floor: MeasuredFloor, spentOn: Record<string, number>) {
  return {
    perSecond: measured.perSecond,
    cpuMsPerOp: measured.cpuMsPerOp,
    floorMsPerOp: round(floor.total),
    overFloor: round(measured.cpuMsPerOp / floor.total),
    cheapestFloorMsPerOp: round(floor.cheapest),
    overCheapestFloor: round(measured.cpuMsPerOp / floor.cheapest),
    floor: floor.parts,
    spentOn,
  }
}

export const round = (value: number): number => Math.round(value * 1000) / 1000

/** CPU seconds that the process has used (Linux counts in hundredths). */
export function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

export type Load = { perSecond: number; cpuMsPerOp: number; operations: number }

const WARM_UP_SECONDS = 15

/** Runs `operation` for some seconds, `parallel` at a time, and charges the server's CPU to the operations. */
export async function load(
  city: TestCity,
  { seconds, parallel, warm = false }: { seconds: number; parallel: number; warm?: boolean },
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
  // A server runs for weeks: what is measured is compiled code, of JavaScript and of the embedded database.
  if (!warm) await run(WARM_UP_SECONDS)
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
  nodes: { id: number; callFrame: { functionName: string; url: string }; children?: number[] }[]
  samples: number[]
  timeDeltas: number[]
}

/** Where the server's time goes, by part, as shares of its busy time: a CPU profile taken while `work` runs. */
export async function profile(
  inspectorPort: number,
  work: () => Promise<unknown>,
): Promise<Record<string, number>> {
  const { ask, close } = await openInspector(inspectorPort)
  await ask('Profiler.enable')
  await ask('Profiler.setSamplingInterval', { interval: 500 })
  await ask('Profiler.start')
  await work()
  const { profile } = await ask<{ profile?: CpuProfile }>('Profiler.stop')
  close()
  return profile ? sharesByPart(profile) : {}
}

/** Which part of the server a stack frame belongs to; the first pattern that fits. */
const PARTS: [string, RegExp][] = [
  ['cryptography', /node:internal\/crypto|@noble|\/jose\/|apps\/api\/src\/es256|packages\/agent\/src\/keys/],
  ['database', /pglite|\/pg\/|pg-protocol|pg-pool|prisma|packages\/database|wasm:/],
  [
    'http',
    /express|\/router\/|body-parser|helmet|pino|prom-client|finalhandler|raw-body|apps\/api\/src\/http|node:_http/,
  ],
  ['validation', /\/zod\/|dcql|valibot/],
  ['credentials and anchors', /packages\/(credentials|anchoring)/],
  ['chain', /ethers|packages\/(chain|relay)/],
  ['services', /apps\/api/],
]

/** A frame of Node or of the engine counts for the part that called it, such as a write to a socket. */
function sharesByPart({ nodes, samples, timeDeltas }: CpuProfile): Record<string, number> {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const partOf = new Map<number, string>()
  const visit = (id: number, caller: string): void => {
    const node = byId.get(id)
    if (!node) return
    const { functionName, url } = node.callFrame
    const special = SPECIAL.get(functionName)
    const part = special ?? PARTS.find(([, pattern]) => pattern.test(url))?.[0] ?? caller
    partOf.set(id, part)
    for (const child of node.children ?? []) visit(child, special ? OTHER : part)
  }
  const [root] = nodes
  if (root) visit(root.id, OTHER)
  const spent = new Map<string, number>()
  samples.forEach((sample, index) => {
    const part = partOf.get(sample) ?? OTHER
    spent.set(part, (spent.get(part) ?? 0) + (timeDeltas[index] ?? 0))
  })
  spent.delete(IDLE)
  const busy = [...spent.values()].reduce((sum, one) => sum + one, 0)
  const shares = [...spent].map(([part, time]) => [part, round(time / busy)] as const)
  return Object.fromEntries(shares.sort(([, a], [, b]) => b - a))
}

const OTHER = 'runtime and sockets'
const IDLE = '(idle)'
const SPECIAL = new Map([
  ['(idle)', IDLE],
  ['(program)', 'native code outside of scripts'],
  ['(garbage collector)', 'garbage collection'],
])
