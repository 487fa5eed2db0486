// `npm run agency -- …`: accredits an agency or rotates its key, over the API of the running city.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { readConfig } from '../apps/api/src/config.ts'

const USAGE = `Usage (the city must be running; OPERATOR_API_KEY, or the key that npm start wrote, says who you are):
  npm run agency -- accredit --id ID --name-ko NAME --name-en NAME --types TYPE[,TYPE…]
  npm run agency -- rotate --id ID
  npm run agency -- suspend --id ID
  npm run agency -- reinstate --id ID`

function fail(sentence: string): never {
  console.error(sentence)
  process.exit(1)
}

const { values, positionals } = (() => {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        id: { type: 'string' },
        'name-ko': { type: 'string' },
        'name-en': { type: 'string' },
        types: { type: 'string' },
      },
    })
  } catch (error) {
    return fail(`${(error as Error).message}\n\n${USAGE}`)
  }
})()
const [command] = positionals
const { id } = values
if (!id) fail(USAGE)

const config = readConfig(process.env)
const file = join(config.dataDir, 'dev-credentials.json')
const key =
  process.env['OPERATOR_API_KEY'] ??
  (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).apiKeys.operator : undefined)
if (!key) fail(`No operator key: set OPERATOR_API_KEY, or start the city once so that ${file} is there.`)

const request = (() => {
  if (command === 'accredit') {
    const { 'name-ko': ko, 'name-en': en, types } = values
    if (!ko || !en || !types) fail(USAGE)
    return { path: '/api/agencies', body: { id, name: { ko, en }, types: types.split(',') } }
  }
  if (command === 'rotate') return { path: `/api/agencies/${encodeURIComponent(id)}/rotate-key`, body: {} }
  if (command === 'suspend' || command === 'reinstate')
    return { path: `/api/agencies/${encodeURIComponent(id)}/${command}`, body: {} }
  return fail(USAGE)
})()

const response = await fetch(`${config.publicUrl}${request.path}`, {
  method: 'POST',
  headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
  body: JSON.stringify(request.body),
}).catch(() =>
  fail(`Nothing answers at ${config.publicUrl}: start the city first (npm start), or set PUBLIC_URL.`),
)
const answer = await response.text()
if (!response.ok) fail(`Refused (${response.status}): ${answer}`)
console.log(answer)
