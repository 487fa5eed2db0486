// `npm test`: every check and every test, and one closing line that sums them.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureChromium } from './chromium.ts'
import { buildWebApps } from './web-apps.ts'

type Count = { passed: number; failed: number }
const total: Count = { passed: 0, failed: 0 }
const scratch = mkdtempSync(join(tmpdir(), 'pass-test-'))
const failures: string[] = []

/**
 * Runs one command to its end; a command that counts nothing itself counts as one check. Its output is shown as it comes, or
 * in one piece at its end where others run beside it.
 */
async function step(
  name: string,
  command: string,
  args: string[],
  { count, beside = false }: { count?: ((output: string) => Count) | undefined; beside?: boolean } = {},
) {
  const title = `\n── ${name}`
  if (!beside) console.log(title)
  const started = Date.now()
  const { code, output } = await run(command, args, beside ? () => {} : (text) => process.stdout.write(text))
  if (beside) process.stdout.write(`${title}\n${output}`)
  const counted = count?.(output) ?? { passed: 0, failed: 0 }
  const silent = counted.passed + counted.failed === 0
  // A runner that failed without a failed test (it crashed, or found none) is a failure all the same.
  if (code !== 0 && counted.failed === 0) counted.failed = 1
  if (code === 0 && silent && count) counted.failed = 1
  if (code === 0 && silent && !count) counted.passed = 1
  total.passed += counted.passed
  total.failed += counted.failed
  if (counted.failed > 0) failures.push(name)
  const seconds = ((Date.now() - started) / 1000).toFixed(1)
  console.log(`── ${name}: ${counted.passed} passed, ${counted.failed} failed (${seconds} s)`)
}

function run(
  command: string,
  args: string[],
  show: (text: Buffer) => void,
): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NO_COLOR: '1' },
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        output += chunk
        show(chunk)
      })
    child.on('error', (error) => resolve({ code: 1, output: error.message }))
    child.on('close', (code) => resolve({ code: code ?? 1, output }))
  })
}

const vitest = async (project: string, beside = false) => {
  const report = join(scratch, `${project}.json`)
  const count = () => {
    const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(readFileSync(report, 'utf8'))
    // A test that was skipped proves nothing: it does not pass.
    return { passed: numPassedTests, failed: numFailedTests + numPendingTests }
  }
  const args = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  await step(project, 'vitest', ['run', '--project', project, ...args], { count, beside })
}

const only = process.argv.slice(2)
const wanted = (name: string) => only.length === 0 || only.includes(name)

if (wanted('static')) {
  await step('types', 'tsc', ['-p', 'tsconfig.json'])
  await step('types of the web apps', 'tsc', ['-p', 'tsconfig.web.json'])
  await step('lint and format', 'biome', ['ci', '.'])
  await step('lint of the contracts', 'solhint', ['--noPoster', '--max-warnings', '0', 'contracts/**/*.sol'])
  await step('import rules', 'depcruise', ['packages', 'apps', '--config', '.dependency-cruiser.cjs'])
  await step('unused code', 'knip', [])
}
if (wanted('unit')) await vitest('unit')
if (wanted('journeys') || wanted('services')) {
  console.log('\n── web apps')
  await buildWebApps(console.log)
}
// Browsers wait much of their time, and what runs without one fits in between.
const withBrowser = async () => {
  if (!wanted('journeys')) return
  await step('size of the web apps', 'size-limit', [])
  await ensureChromium(console.log)
  await vitest('journeys')
}
const withoutBrowser = async () => {
  if (wanted('services')) await vitest('services', true)
  if (wanted('contracts'))
    await step('contracts', 'node', ['scripts/contracts.ts'], { count: countMocha, beside: true })
}
await Promise.all([withBrowser(), withoutBrowser()])

/** Hardhat closes with "N passing" and, if any, "N failing" per runner. */
function countMocha(output: string): Count {
  const sum = (word: string) =>
    [...output.matchAll(new RegExp(`^\\s*(\\d+) ${word}`, 'gm'))].reduce(
      (n, match) => n + Number(match[1]),
      0,
    )
  return { passed: sum('passing'), failed: sum('failing') }
}

rmSync(scratch, { recursive: true, force: true })
if (failures.length > 0) console.log(`\nFailed: ${failures.join(', ')}`)
console.log(`\n${total.passed} passed, ${total.failed} failed`)
process.exit(total.failed > 0 ? 1 : 0)
