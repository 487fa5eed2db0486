// `npm run reset`: forgets everything the city has stored on this machine.
import { rmSync } from 'node:fs'
import { resolve } from 'node:path'
import { lockFolder } from './lock.ts'

const folder = resolve(process.env['DATA_DIR'] ?? '.data')
const release = await lockFolder(folder).catch((error: Error) => {
  console.error(error.message)
  process.exit(1)
})
await release()
rmSync(folder, { recursive: true, force: true })
console.log(`Removed ${folder}: the next start makes a new city.`)
