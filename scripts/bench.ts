// `npm run bench -- NAME`: one benchmark; its last line is one JSON object. What follows the name is the benchmark's own.
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

const folder = join(import.meta.dirname, '..', 'test', 'bench')
const [name] = process.argv.slice(2)
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.bench.ts'))
  .map((file) => file.slice(0, -'.bench.ts'.length))
if (!name || !/^[a-z-]+$/.test(name) || !existsSync(join(folder, `${name}.bench.ts`))) {
  console.error(`Usage: npm run bench -- NAME, where NAME is one of: ${names.join(', ')}`)
  process.exit(1)
}
await import(join(folder, `${name}.bench.ts`))
