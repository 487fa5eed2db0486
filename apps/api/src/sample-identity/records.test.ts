import { describe, expect, it } from 'vitest'
import { createRecords } from './records.ts'

describe('what the sample provider keeps', () => {
  it('is gone when it has expired, and with its grant', async () => {
    let now = 0
    const codes = createRecords(() => now)('AuthorizationCode')
    await codes.upsert('a', { grantId: 'g' }, 60)
    await codes.upsert('b', { grantId: 'h', uid: 'u' }, 60)
    await codes.consume('a')
    expect(await codes.find('a')).toMatchObject({ grantId: 'g', consumed: 0 })
    await codes.revokeByGrantId('g')
    expect(await codes.find('a')).toBeUndefined()
    expect(await codes.findByUid('u')).toMatchObject({ grantId: 'h' })
    now = 60_000
    expect([await codes.find('b'), await codes.findByUid('u')]).toEqual([undefined, undefined])
  })

  it('keeps kinds apart, and the newest where there are too many', async () => {
    const records = createRecords(() => 0)
    const [sessions, grants] = [records('Session'), records('Grant')]
    await grants.upsert('first', {}, 60)
    expect(await sessions.find('first')).toBeUndefined()
    for (let i = 0; i < 10_000; i++) await sessions.upsert(`s${i}`, {}, 60)
    expect(await grants.find('first')).toBeUndefined()
    expect(await sessions.find('s9999')).toEqual({})
  })
})
