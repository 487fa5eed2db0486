import { CsvError, parse } from 'csv-parse/sync'
import type { District } from '../city.ts'
import { COLUMNS, type Field, fieldOf } from './columns.ts'
import { invalidFile } from './invalid-file.ts'
import { checkRow, type ImportRow, type RowFault, type RowRules } from './row.ts'

export const MAX_ROWS = 50_000

export type ParsedRows = {
  rows: ImportRow[]
  errors: RowError[]
  /** Where a resident's field stands in the file, for a fault that only the register shows. */
  at(registerNo: string, field: Field): Pick<RowError, 'row' | 'column'>
}

export type RowError = { row: number; column: string; message: { ko: string; en: string } }

/**
 * Reads the rows of a CSV. `row` counts as a spreadsheet does: the heading is row 1.
 * @returns every row that is right, and every fault of those that are not
 * @throws Problem `invalid_file` when the file as a whole cannot be read
 */
export function parseRows(
  text: string,
  {
    districts,
    today,
    identityMacOf,
  }: { districts: readonly District[] } & Pick<RowRules, 'today' | 'identityMacOf'>,
): ParsedRows {
  const [headings, ...records] = recordsOf(text)
  if (!headings) throw invalidFile('파일에 내용이 없어요.', 'There is nothing in the file.')
  if (records.length === 0)
    throw invalidFile('제목 줄만 있고 내용이 없어요.', 'There is a heading, but no row.')
  if (records.length > MAX_ROWS)
    throw invalidFile(
      `한 번에 ${MAX_ROWS.toLocaleString('en')}줄까지 올릴 수 있어요. 파일을 나누어 주세요.`,
      `At most ${MAX_ROWS.toLocaleString('en')} rows at once: split the file.`,
    )
  const fields = headings.cells.map(fieldOf)
  const errors = headingErrors(headings.cells, fields)
  const columnName = (field: Field) => headings.cells[fields.indexOf(field)]?.trim() ?? field
  const firstRowOf = new Map<string, number>()
  const at: ParsedRows['at'] = (registerNo, field) => ({
    row: firstRowOf.get(registerNo) ?? 1,
    column: columnName(field),
  })
  if (errors.length > 0) return { rows: [], errors, at }

  const rows: ImportRow[] = []
  const firstRowWith = new Map<string, number>()
  const lookup = placesOf(districts)
  for (const { line, cells } of records) {
    const fault = (field: Field, message: RowFault['message']) =>
      errors.push({ row: line, column: columnName(field), message })
    if (cells.length !== fields.length) {
      errors.push({ row: line, column: '', message: wrongCellCount(cells.length, fields.length) })
      continue
    }
    const values = Object.fromEntries(
      fields.flatMap((field, i) => (field ? [[field, cleanCell(cells[i] ?? '')]] : [])),
    )
    const checked = checkRow(values, { ...lookup, today, identityMacOf })
    for (const { field, message } of checked.faults) fault(field, message)
    if (!checked.row) continue
    const { registerNo, identityMac } = checked.row
    const earlier = firstRowOf.get(registerNo)
    const shared = identityMac ? firstRowWith.get(identityMac) : undefined
    if (earlier !== undefined)
      fault('registerNo', {
        ko: `${earlier}번째 줄과 등록번호가 같아요.`,
        en: `The same register number is in row ${earlier}.`,
      })
    else if (shared !== undefined)
      fault('identity', {
        ko: `${shared}번째 줄과 식별값이 같아요.`,
        en: `The same identifier is in row ${shared}.`,
      })
    else {
      firstRowOf.set(registerNo, line)
      if (identityMac) firstRowWith.set(identityMac, line)
      rows.push(checked.row)
    }
  }
  return { rows, errors, at }
}

type Line = { line: number; cells: string[] }

export function recordsOf(text: string): Line[] {
  const firstLine = text.slice(0, 10_000).split(/\r?\n/, 1)[0] ?? ''
  const delimiter = [',', '\t', ';'].reduce((best, candidate) =>
    firstLine.split(candidate).length > firstLine.split(best).length ? candidate : best,
  )
  try {
    const records = parse(text, {
      bom: true,
      delimiter,
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      skip_records_with_empty_values: true,
      max_record_size: 20_000,
    }) as unknown as { info: { lines: number }; record: string[] }[]
    return records.map(({ info, record }) => ({ line: info.lines, cells: record }))
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    const line = Number((error as { lines?: unknown }).lines ?? 0)
    throw invalidFile(
      `${line}번째 줄의 따옴표가 맞지 않거나 줄이 너무 길어요.`,
      `Row ${line} has a quote that is not closed, or is too long.`,
    )
  }
}

function headingErrors(headings: string[], fields: (Field | undefined)[]): RowError[] {
  const missing = COLUMNS.filter(({ field, required }) => required && !fields.includes(field)).map(
    ({ ko, en }) => ({
      row: 1,
      column: ko,
      message: { ko: `"${ko}" 열이 없어요.`, en: `The column "${en}" is missing.` },
    }),
  )
  const twice = fields.flatMap((field, index) =>
    field !== undefined && fields.indexOf(field) !== index
      ? [
          {
            row: 1,
            column: headings[index] ?? '',
            message: { ko: '같은 열이 두 번 있어요.', en: 'This column is there twice.' },
          },
        ]
      : [],
  )
  return [...missing, ...twice]
}

function wrongCellCount(found: number, expected: number): RowError['message'] {
  return {
    ko: `칸이 ${expected}개여야 하는데 ${found}개예요. 쉼표나 따옴표를 확인해 주세요.`,
    en: `There are ${found} cells instead of ${expected}: check commas and quotes.`,
  }
}

/** Spaces that spreadsheets leave behind, and letters composed the way the register has them. */
export function cleanCell(cell: string): string {
  return cell
    .normalize('NFC')
    .replaceAll(/[\s\u00a0\u3000]+/g, ' ')
    .trim()
}

/** "송림3.5동", "송림 3·5동" and "송림3,5동" are one place. */
const plainPlace = (name: string) => name.toLowerCase().replaceAll(/[\s.·,ㆍ‧-]/g, '')

function placesOf(districts: readonly District[]) {
  const byDistrict = new Map<string, District>()
  const byNeighbourhood = new Map<string, Map<string, string>>()
  for (const district of districts) {
    for (const key of [district.code, district.name.ko, district.name.en])
      byDistrict.set(plainPlace(key), district)
    byNeighbourhood.set(
      district.code,
      new Map(
        district.neighbourhoods.flatMap(({ code, name }) =>
          [code, name.ko, name.en].map((key) => [plainPlace(key), code] as const),
        ),
      ),
    )
  }
  return {
    districtOf: (text: string) => byDistrict.get(plainPlace(text)),
    neighbourhoodOf: (district: string, text: string) => byNeighbourhood.get(district)?.get(plainPlace(text)),
  }
}
