import type { District } from '../city.ts'
import { readDate } from '../time/dates.ts'
import type { Field } from './columns.ts'
import type { Resident } from './resident.ts'

/** A row that is right. `set` and `drop` say what becomes of the attributes; what they do not name stays. */
export type ImportRow = Omit<Resident, 'id' | 'attributes'> & {
  set: Record<string, unknown>
  drop: string[]
  /** The MAC of the identifier at the sign-in provider; empty: the person has none. Absent: what there is stays. */
  identityMac?: string
}

export type RowFault = { field: Field; message: { ko: string; en: string } }

export type RowRules = {
  today: string
  districtOf(text: string): District | undefined
  neighbourhoodOf(districtCode: string, text: string): string | undefined
  /** The identifier itself goes no further than this. */
  identityMacOf(identifier: string): string
}

const EARLIEST = '1900-01-01'

/** Letters of any script with the marks that names have; so no formula (=, +, -, @ in front), no markup. */
const NAME = /^\p{L}[\p{L}\p{M} ·'’.-]{0,49}$/u
const LATIN_NAME = /^\p{Script=Latin}[\p{Script=Latin}\p{M} '’.,-]{0,79}$/u
const REGISTER_NUMBER = /^[\p{L}\p{N}][\p{L}\p{N}-]{0,31}$/u
/** Subject identifiers have at most 255 ASCII characters (OpenID Connect Core section 2). */
const IDENTIFIER = /^[\x21-\x7e]{1,255}$/
const PLAIN_TEXT = /^[\p{L}\p{N}][\p{L}\p{N} ·()-]{0,39}$/u

/** Checks one row, every field of it, so that a person can mend all faults in one go. */
export function checkRow(
  values: Partial<Record<Field, string>>,
  rules: RowRules,
): { row?: ImportRow; faults: RowFault[] } {
  const faults: RowFault[] = []
  const fault = (field: Field, ko: string, en: string) => {
    faults.push({ field, message: { ko, en } })
    return ''
  }
  const matching = (field: Field, pattern: RegExp, ko: string, en: string) => {
    const value = values[field] ?? ''
    if (value === '') return fault(field, '비어 있어요.', 'This is empty.')
    return pattern.test(value) ? value : fault(field, ko, en)
  }
  const date = (field: Field) => {
    const value = values[field] ?? ''
    if (value === '') return fault(field, '비어 있어요.', 'This is empty.')
    const read = readDate(value)
    if (read === undefined)
      return fault(
        field,
        '날짜가 아니에요. 1990-01-05처럼 적어 주세요.',
        'This is no date. Write it like 1990-01-05.',
      )
    if (read > rules.today) return fault(field, '아직 오지 않은 날이에요.', 'This day is still to come.')
    if (read < EARLIEST) return fault(field, '너무 오래된 날이에요.', 'This day is too long ago.')
    return read
  }

  const registerNo = matching(
    'registerNo',
    REGISTER_NUMBER,
    '등록번호에는 글자, 숫자, 붙임표만 쓸 수 있어요(32자까지).',
    'A register number has letters, digits and hyphens, 32 at most.',
  )
  const nameKo = matching(
    'nameKo',
    NAME,
    '이름에 쓸 수 없는 글자가 있어요.',
    'There is a character no name has.',
  )
  const nameEn = matching(
    'nameEn',
    LATIN_NAME,
    '영문 이름은 로마자로 적어 주세요.',
    'Write the English name in Latin letters.',
  )
  const birthDate = date('birthDate')
  const residentSince = date('residentSince')
  if (birthDate !== '' && residentSince !== '' && residentSince < birthDate)
    fault('residentSince', '태어난 날보다 앞선 날이에요.', 'This is before the date of birth.')
  const { districtCode, neighbourhoodCode } = place(values, rules, fault)
  const { set, drop } = attributes(values, fault)
  const { identity } = values
  if (identity !== undefined && identity !== '' && !IDENTIFIER.test(identity))
    fault(
      'identity',
      '식별값에는 로마자, 숫자, 기호만 쓸 수 있어요(255자까지, 띄어쓰기 없이).',
      'An identifier has Latin letters, digits and signs, 255 at most, and no space.',
    )

  if (faults.length > 0) return { faults }
  return {
    faults,
    row: {
      registerNo,
      nameKo,
      nameEn,
      birthDate,
      districtCode,
      neighbourhoodCode,
      residentSince,
      set,
      drop,
      ...(identity === undefined ? {} : { identityMac: identity && rules.identityMacOf(identity) }),
    },
  }
}

type Fault = (field: Field, ko: string, en: string) => string

function place(values: Partial<Record<Field, string>>, rules: RowRules, fault: Fault) {
  const { district: districtText = '', neighbourhood: neighbourhoodText = '' } = values
  const empty = ['비어 있어요.', 'This is empty.'] as const
  const district = rules.districtOf(districtText)
  if (!district) {
    if (districtText === '') fault('district', ...empty)
    else fault('district', '이 도시에 없는 군·구예요.', 'The city has no such district.')
    if (neighbourhoodText === '') fault('neighbourhood', ...empty)
    return { districtCode: '', neighbourhoodCode: '' }
  }
  const neighbourhoodCode = rules.neighbourhoodOf(district.code, neighbourhoodText) ?? ''
  if (neighbourhoodText === '') fault('neighbourhood', ...empty)
  else if (neighbourhoodCode === '')
    fault(
      'neighbourhood',
      `${district.name.ko}에 없는 읍·면·동이에요.`,
      `${district.name.en} has no such neighbourhood.`,
    )
  return { districtCode: district.code, neighbourhoodCode }
}

/** A column that the file has says everything about its attribute, emptiness included; one it lacks says nothing. */
function attributes(values: Partial<Record<Field, string>>, fault: Fault) {
  const set: Record<string, unknown> = {}
  const drop: string[] = []
  const { children, veteranNumber, veteranCategory } = values
  if (children === '' || children === '0') drop.push('children')
  else if (children !== undefined) {
    if (/^\d{1,2}$/.test(children)) set['children'] = Number(children)
    else fault('children', '자녀 수를 숫자로 적어 주세요.', 'Write the number of children in digits.')
  }
  if (veteranNumber !== undefined || veteranCategory !== undefined) {
    const [number, category] = [veteranNumber ?? '', veteranCategory ?? '']
    if (number === '' && category === '') drop.push('veteran')
    else if (!PLAIN_TEXT.test(number))
      fault(
        'veteranNumber',
        '보훈번호가 없거나 쓸 수 없는 글자가 있어요.',
        'The veteran number is missing or not plain.',
      )
    else if (!PLAIN_TEXT.test(category))
      fault(
        'veteranCategory',
        '보훈구분이 없거나 쓸 수 없는 글자가 있어요.',
        'The category is missing or not plain.',
      )
    else set['veteran'] = { number, category }
  }
  return { set, drop }
}
