// `npm run agency -- …`: accredits an agency or rotates its key, over the API of the running city.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ConfigError } from '../apps/api/src/config.ts'
import { loadSettings } from './settings.ts'

const USAGE = `Usage (the city must be running; OPERATOR_API_KEY, or the key that npm start wrote, says who you are):
  npm run agency -- accredit --id ID --name-ko NAME --name-en NAME --types TYPE[,TYPE…]
  npm run agency -- officer --id ID --name NAME     (answers a one-time link for a new officer)
  npm run agency -- rotate --id ID [--leaked]       (--leaked: what the old key signed and is not anchored by now is void)
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
        name: { type: 'string' },
        leaked: { type: 'boolean', default: false },
      },
    })
  } catch (error) {
    return fail(`${(error as Error).message}\n\n${USAGE}`)
  }
})()
const [command, ...extra] = positionals
const { id } = values
if (!command || extra.length > 0) fail(USAGE)
if (!['accredit', 'officer', 'rotate', 'suspend', 'reinstate'].includes(command))
  fail(`There is no "agency ${command}".\n\n${USAGE}`)
if (!id) fail(`--id is missing: say which agency.\n\n${USAGE}`)

const config = (() => {
  try {
    return loadSettings()
  } catch (error) {
    if (error instanceof ConfigError) return fail(error.message)
    throw error
  }
})()
const file = join(config.dataDir, 'dev-credentials.json')
const key = process.env['OPERATOR_API_KEY'] ?? storedKey()
if (!key) fail(`No operator key: set OPERATOR_API_KEY, or start the city once so that ${file} is there.`)

function storedKey(): string | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).apiKeys.operator
  } catch {
    return undefined
  }
}

const request = (() => {
  if (command === 'accredit') {
    const { 'name-ko': ko, 'name-en': en, types } = values
    if (!ko || !en || !types) fail(`accredit needs --name-ko, --name-en and --types.\n\n${USAGE}`)
    return {
      path: '/api/agencies',
      body: { id, name: { ko, en }, types: types.split(',').map((type) => type.trim()) },
    }
  }
  if (command === 'officer') {
    const { name } = values
    if (!name) fail(`officer needs --name.\n\n${USAGE}`)
    return { path: '/api/staff', body: { name, role: 'officer', agency: id } }
  }
  const { leaked } = values
  if (command === 'rotate')
    return { path: `/api/agencies/${encodeURIComponent(id)}/rotate-key`, body: { leaked } }
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
if (!response.ok) fail(`Refused (${response.status}): ${reasonIn(answer)}`)
console.log(done(command, JSON.parse(answer)))

/** What a problem document (RFC 9457) says; of any other answer, the beginning. */
function reasonIn(text: string): string {
  try {
    const { title, detail } = JSON.parse(text) as { title?: string; detail?: string }
    return detail ?? title ?? text
  } catch {
    return text.slice(0, 200)
  }
}

type Answer = { did?: string; didUrl?: string; types?: string[]; link?: string }

function done(act: string, answered: Answer): string {
  if (act === 'officer') return `Hand this link over in person; it enrols a passkey, once: ${answered.link}`
  if (act === 'rotate' && values.leaked)
    return `${id} signs with a new key now: ${answered.didUrl}. The old key has ended: what it signed counts only if it was anchored before.`
  if (act === 'rotate')
    return `${id} signs with a new key now: ${answered.didUrl}. What the old key signed stays valid.`
  if (act === 'suspend') return `${id} is suspended: what it issues from now on does not count.`
  if (act === 'reinstate') return `${id} is reinstated.`
  return `${id} is accredited for ${answered.types?.join(', ')} as ${answered.did}.`
}
