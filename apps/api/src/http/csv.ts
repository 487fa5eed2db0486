/** Text, which is made harmless, or a number, which is written as it is. */
export type CsvCell = string | number | bigint

/**
 * CSV (RFC 4180) with a byte order mark so that a spreadsheet reads its Korean, and in its text nothing that a
 * spreadsheet would take for a formula.
 */
export function csvBytes(rows: readonly (readonly CsvCell[])[]): Uint8Array {
  const safe = (text: string) => (/^[=+\-@\t\r＝＋－＠]/.test(text) ? `'${text}` : text)
  const quoted = (cell: string) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)
  const written = (cell: CsvCell) => (typeof cell === 'string' ? quoted(safe(cell)) : String(cell))
  const text = rows.map((row) => row.map(written).join(',')).join('\r\n')
  return new TextEncoder().encode(`\uFEFF${text}\r\n`)
}
