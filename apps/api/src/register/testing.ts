import iconv from 'iconv-lite'
import { COLUMNS } from './columns.ts'

/** A CSV as an office has it: Korean headings, quoted where it must be. */
export function csv(
  rows: readonly (readonly string[])[],
  headings = COLUMNS.slice(0, 7).map(({ ko }) => ko),
): string {
  const cell = (text: string) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
  return [headings, ...rows].map((row) => row.map(cell).join(',')).join('\r\n')
}

export const toUtf8 = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(text))
export const toUtf8Bom = (text: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(Buffer.from(`\ufeff${text}`))
/** What Excel writes in Korea. */
export const toCp949 = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(iconv.encode(text, 'cp949'))

/** A row that is right, with what a test changes. */
export function person(registerNo: string, changes: Partial<Record<number, string>> = {}): string[] {
  const row = [registerNo, '홍길동', 'Hong Gildong', '1990-05-05', '연수구', '송도1동', '2015-03-02']
  return row.map((cell, index) => changes[index] ?? cell)
}
