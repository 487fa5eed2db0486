import type { City } from '../city.ts'
import { invalidFile } from '../register/invalid-file.ts'
import { cleanCell, MAX_ROWS, recordsOf } from '../register/parse-rows.ts'
import { readDate } from '../time/dates.ts'

export type PortalColumns = City['portalColumns']
export type PortalFault = { row: number; column: string; message: { ko: string; en: string } }

/** One entry of the portal. `line` counts as a spreadsheet does. */
export type PortalRow = {
  line: number
  number: string
  name: string
  birthDate: string
  title: string
  organisation: string
  date: string
  minutes: number
}

type Field = PortalColumns[number]['field']

/** Beginning with a letter or digit: no formula (=, +, -, @). */
const TEXT = /^[\p{L}\p{N}("'[<「『][^\p{Cc}]{0,119}$/u
const NUMBER = /^[\p{L}\p{N}][\p{L}\p{N}-]{0,47}$/u

/**
 * Reads hours in the portal's columns, and names every cell at fault so that a person can mend all in one go.
 * @throws Problem `invalid_file` when the file as a whole cannot be read
 */
export function parsePortalRows(
  text: string,
  { columns, today, mostMinutes }: { columns: PortalColumns; today: string; mostMinutes: number },
): { rows: PortalRow[]; errors: PortalFault[] } {
  const [headings, ...records] = recordsOf(text)
  if (!headings || records.length === 0)
    throw invalidFile('파일에 내용이 없어요.', 'There is nothing in the file.')
  if (records.length > MAX_ROWS)
    throw invalidFile(`한 번에 ${MAX_ROWS}줄까지 올릴 수 있어요.`, `At most ${MAX_ROWS} rows at once.`)
  const fields = headings.cells.map((cell) => fieldOf(columns, cell))
  const errors: PortalFault[] = columns
    .filter(({ field, required }) => required && !fields.includes(field))
    .map(({ heading }) => ({
      row: 1,
      column: heading,
      message: { ko: `"${heading}" 열이 없어요.`, en: `The column "${heading}" is missing.` },
    }))
  if (errors.length > 0) return { rows: [], errors }

  const rows: PortalRow[] = []
  const lineOf = new Map<string, number>()
  for (const { line, cells } of records) {
    const columnOf = (field: Field) => headings.cells[fields.indexOf(field)]?.trim() ?? field
    const before = errors.length
    const fault = (field: Field, ko: string, en: string) => {
      errors.push({ row: line, column: columnOf(field), message: { ko, en } })
      return ''
    }
    const value = (field: Field) => cleanCell(cells[fields.indexOf(field)] ?? '')
    const matching = (field: Field, pattern: RegExp) => {
      const cell = value(field)
      if (cell === '') return fault(field, '비어 있어요.', 'This is empty.')
      return pattern.test(cell)
        ? cell
        : fault(field, '쓸 수 없는 글자가 있어요.', 'There is a character that cannot be.')
    }
    const date = (field: Field) => {
      const read = readDate(value(field))
      if (read === undefined)
        return fault(
          field,
          '날짜가 아니에요. 2026-11-21처럼 적어 주세요.',
          'This is no date. Write it like 2026-11-21.',
        )
      return read > today ? fault(field, '아직 오지 않은 날이에요.', 'This day is still to come.') : read
    }
    if (cells.length !== fields.length) {
      errors.push({
        row: line,
        column: '',
        message: {
          ko: `칸이 ${fields.length}개여야 하는데 ${cells.length}개예요.`,
          en: `There are ${cells.length} cells instead of ${fields.length}.`,
        },
      })
      continue
    }
    const number = matching('number', NUMBER)
    const name = matching('name', TEXT)
    const birthDate = date('birthDate')
    const title = matching('title', TEXT)
    const organisation = matching('organisation', TEXT)
    const day = date('date')
    const minutes = minutesIn(value('minutes'), columnOf('minutes'))
    if (minutes === undefined || minutes < 1)
      fault(
        'minutes',
        '시간이 아니에요. 120, 2시간, 1시간 30분처럼 적어 주세요.',
        'This is no time. Write 120 or 2시간.',
      )
    else if (minutes > mostMinutes)
      fault('minutes', '하루에 여덟 시간까지만 인정돼요.', 'Eight hours a day count at most.')
    const earlier = lineOf.get(number)
    if (number !== '' && earlier !== undefined)
      fault('number', `${earlier}번째 줄과 번호가 같아요.`, `The same number is in row ${earlier}.`)
    lineOf.set(number, earlier ?? line)
    if (errors.length === before && minutes !== undefined)
      rows.push({ line, number, name, birthDate, title, organisation, date: day, minutes })
  }
  return { rows, errors }
}

function fieldOf(columns: PortalColumns, heading: string): Field | undefined {
  const plain = (text: string) =>
    text
      .normalize('NFC')
      .toLowerCase()
      .replaceAll(/[\s_·.-]/g, '')
  return columns.find((column) =>
    [column.heading, ...column.also].some((name) => plain(name) === plain(heading)),
  )?.field
}

/** 120 under a heading of minutes, 2 under one of hours, "2시간 30분", "2:30". */
function minutesIn(cell: string, heading: string): number | undefined {
  const spoken = /^(?:(\d{1,2})\s*시간)?\s*(?:(\d{1,3})\s*분)?$/.exec(cell)
  if (spoken && (spoken[1] !== undefined || spoken[2] !== undefined))
    return Number(spoken[1] ?? 0) * 60 + Number(spoken[2] ?? 0)
  const clock = /^(\d{1,2}):([0-5]\d)$/.exec(cell)
  if (clock) return Number(clock[1]) * 60 + Number(clock[2])
  if (!/^\d{1,3}(\.\d)?$/.test(cell)) return undefined
  const value = Number(cell)
  // A bare number beside a heading that names no unit: more than eight can only be minutes.
  return /분/.test(heading) || value > 8 ? Math.round(value) : Math.round(value * 60)
}
