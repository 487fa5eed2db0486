import 'fake-indexeddb/auto'
import type { StoredCredential } from '@pass/holder'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createChanges } from './changes.ts'
import { openWalletDatabase, type WalletDatabase } from './database.ts'
import { createExclusive } from './exclusive.ts'
import { createDeviceKeys } from './keys.ts'
import { createSealedStore } from './store.ts'

const nobody = () => undefined
let name: string
let db: WalletDatabase
const opened: WalletDatabase[] = []

async function open(): Promise<WalletDatabase> {
  const database = await openWalletDatabase(name, nobody)
  opened.push(database)
  return database
}

beforeEach(async () => {
  name = crypto.randomUUID()
  db = await open()
})
afterEach(() => {
  for (const one of opened.splice(0)) one.close()
})

const card = (id: string): StoredCredential => ({
  id,
  vct: 'https://city.example/credential-types/resident',
  issuer: { id: 'https://city.example/issuers/residents', name: { ko: '발급센터', en: 'Centre' } },
  display: { name: { ko: '시민증', en: 'Resident Card' } },
  claims: [{ path: ['name_ko'], label: { ko: '이름', en: 'Name' }, value: '홍길동-very-secret' }],
  receivedAt: 1,
  copies: [{ keyId: 'key-1', credential: 'eyJ.secret-compact', hash: 'ab', used: 0 }],
})

/** All that lies in the database, as text: what a copy of its files would show. */
async function rawText(): Promise<string> {
  const texts: string[] = []
  for (const store of ['records', 'keys', 'seal'] as const)
    for (const value of await db.getAll(store)) {
      const parts = value instanceof CryptoKey ? [] : [value.data, value.iv]
      for (const part of parts) texts.push(new TextDecoder().decode(part))
      texts.push(JSON.stringify(value))
    }
  texts.push(JSON.stringify(await db.getAllKeys('records')))
  return texts.join('\n')
}

describe('the store of this device', () => {
  it('keeps what it was given over a restart', async () => {
    const store = await createSealedStore(db, nobody)
    await store.put('credential', 'one', card('one'))
    db.close()
    const again = await createSealedStore(await open(), nobody)
    expect(await again.get('credential', 'one')).toEqual(card('one'))
    expect(await again.list('credential')).toEqual([card('one')])
  })

  it('lists one kind only, and forgets what is deleted', async () => {
    const store = await createSealedStore(db, nobody)
    await store.put('credential', 'one', card('one'))
    await store.put('credential', 'two', card('two'))
    expect(await store.list('pending')).toEqual([])
    await store.delete('credential', 'one')
    expect(await store.get('credential', 'one')).toBeUndefined()
    expect((await store.list('credential')).map(({ id }) => id)).toEqual(['two'])
  })

  it('leaves no claim value, label or credential readable in the database', async () => {
    const store = await createSealedStore(db, nobody)
    await store.put('credential', 'one', card('one'))
    const raw = await rawText()
    for (const secret of ['홍길동', 'very-secret', 'secret-compact', '이름', 'residents'])
      expect(raw).not.toContain(secret)
  })

  it('seals with a key that cannot be exported', async () => {
    await createSealedStore(db, nobody)
    const key = await db.get('seal', 'records')
    expect(key?.extractable).toBe(false)
    await expect(crypto.subtle.exportKey('raw', key!)).rejects.toThrow()
  })

  it('notices a record that was put in the place of another', async () => {
    const store = await createSealedStore(db, nobody)
    await store.put('credential', 'one', card('one'))
    await db.put('records', (await db.get('records', ['credential', 'one']))!, ['credential', 'two'])
    await expect(store.get('credential', 'two')).rejects.toThrow()
  })

  it('is one store for two tabs that open it for the first time at once', async () => {
    const other = await open()
    const [first, second] = await Promise.all([
      createSealedStore(db, nobody),
      createSealedStore(other, nobody),
    ])
    await first.put('credential', 'one', card('one'))
    await second.put('credential', 'two', card('two'))
    expect((await first.list('credential')).length).toBe(2)
    expect((await second.list('credential')).length).toBe(2)
  })

  it('says that something changed, after it is stored', async () => {
    let heard: Promise<unknown> | undefined
    const store = await createSealedStore(db, () => {
      heard = db.get('records', ['credential', 'one'])
    })
    await store.put('credential', 'one', card('one'))
    expect(await heard).toBeDefined()
  })
})

describe('the keys of this device', () => {
  it('sign after a restart, as raw ES256 that the public key verifies', async () => {
    const made = await createDeviceKeys(db).generate()
    db.close()
    const keys = createDeviceKeys(await open())
    const data = new TextEncoder().encode('to sign')
    const signature = await keys.sign(made.id, data)
    expect(signature.length).toBe(64)
    const publicKey = await crypto.subtle.importKey(
      'jwk',
      made.publicJwk,
      { name: 'ECDSA', namedCurve: 'P-256' },
      false,
      ['verify'],
    )
    const algorithm = { name: 'ECDSA', hash: 'SHA-256' }
    expect(await crypto.subtle.verify(algorithm, publicKey, new Uint8Array(signature), data)).toBe(true)
  })

  it('cannot be exported, and are gone once removed', async () => {
    const keys = createDeviceKeys(db)
    const { id } = await keys.generate()
    const stored = await db.get('keys', id)
    expect(stored?.extractable).toBe(false)
    await expect(crypto.subtle.exportKey('jwk', stored!)).rejects.toThrow()
    await keys.remove(id)
    await expect(keys.sign(id, new Uint8Array(1))).rejects.toThrow(id)
  })
})

describe('two tabs', () => {
  it('do one thing at a time under the lock, also when it fails', async () => {
    const { run } = createExclusive(name, navigator.locks)
    const other = createExclusive(name, navigator.locks)
    const steps: string[] = []
    const work = (tab: string) => async () => {
      steps.push(`${tab} begins`)
      await new Promise((done) => setTimeout(done, 5))
      steps.push(`${tab} ends`)
      if (tab === 'first') throw new Error('broken')
    }
    const results = await Promise.allSettled([run(work('first')), other.run(work('second'))])
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled'])
    expect(steps).toEqual(['first begins', 'first ends', 'second begins', 'second ends'])
  })

  it('keep their order without Web Locks', async () => {
    const exclusive = createExclusive(name, undefined)
    const steps: number[] = []
    const slow = exclusive.run(async () => {
      await new Promise((done) => setTimeout(done, 5))
      steps.push(1)
    })
    await exclusive.run(async () => steps.push(2))
    await slow
    expect(steps).toEqual([1, 2])
  })

  it('leave background work undone while the other tab is busy', async () => {
    const tab = createExclusive(name, navigator.locks)
    const other = createExclusive(name, navigator.locks)
    let release = nobody
    const busy = tab.run(
      () =>
        new Promise<void>((done) => {
          release = () => {
            done()
            return undefined
          }
        }),
    )
    await new Promise((done) => setTimeout(done, 5))
    let ran = false
    expect(
      await other.runIfFree(async () => {
        ran = true
      }),
    ).toBe(false)
    expect(ran).toBe(false)
    release()
    await busy
    expect(
      await other.runIfFree(async () => {
        ran = true
      }),
    ).toBe(true)
    expect(ran).toBe(true)
  })

  it('hear of each other’s changes', async () => {
    const [here, there] = [createChanges(name), createChanges(name)]
    const heard = new Promise<void>((done) => there.listen(done))
    here.announce()
    await heard
  })
})
