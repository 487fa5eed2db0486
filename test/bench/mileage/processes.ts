import { readdirSync, readFileSync } from 'node:fs'

type Stat = { pid: number; name: string; parent: number; own: number; waitedFor: number; pages: number }

/** Linux counts processor time in hundredths of a second, and memory in pages of 4 kB. */
function statOf(pid: number): Stat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const name = text.slice(text.indexOf('(') + 1, text.lastIndexOf(')'))
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number)
    const [at = 0, parent = 0] = [11, fields[1]]
    const sum = (from: number) => ((fields[from] ?? 0) + (fields[from + 1] ?? 0)) / 100
    return { pid, name, parent, own: sum(at), waitedFor: sum(at + 2), pages: fields[21] ?? 0 }
  } catch {
    // It ended between the list and the look.
    return undefined
  }
}

const all = () =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => statOf(Number(pid)) ?? [])

/** A program that this process has started. @throws Error when it runs none of that name */
export function childNamed(name: string): number {
  const child = all().find((one) => one.parent === process.pid && one.name === name)
  if (!child) throw new Error(`This process has no child named ${name}.`)
  return child.pid
}

/** Processor seconds of a process and of all that it has started. */
export function cpuOf(pid: number): number {
  return all()
    .filter((one) => one.pid === pid || one.parent === pid)
    .reduce((sum, one) => sum + one.own + (one.pid === pid ? one.waitedFor : 0), 0)
}

/** Resident memory, MB. */
export const memoryOf = (pid: number): number => Math.round(((statOf(pid)?.pages ?? 0) * 4096) / 1e6)
