import iconv from 'iconv-lite'
import { invalidFile } from './invalid-file.ts'

const HANGUL = /[\u3131-\u318e\uac00-\ud7a3]/

/**
 * The text of an uploaded file, whichever of the two encodings it has: UTF-8, with or without a byte order mark, or
 * CP949, which Excel writes in Korea.
 * @throws Problem `invalid_file` for an empty file, a spreadsheet, or bytes that are no text
 */
export function decodeCsv(bytes: Uint8Array): { text: string; encoding: 'utf-8' | 'cp949' } {
  if (bytes.length === 0) throw invalidFile('파일이 비어 있어요.', 'The file is empty.')
  if (startsWith(bytes, [0x50, 0x4b]) || startsWith(bytes, [0xd0, 0xcf, 0x11, 0xe0]))
    throw invalidFile(
      '엑셀 파일이에요. 엑셀에서 "다른 이름으로 저장"을 눌러 CSV로 저장해 주세요.',
      'This is a spreadsheet. Save it as CSV first.',
    )
  if (startsWith(bytes, [0xff, 0xfe]) || startsWith(bytes, [0xfe, 0xff]))
    throw invalidFile(
      'UTF-16으로 저장된 파일이에요. "CSV UTF-8"로 저장해 주세요.',
      'The file is in UTF-16. Save it as "CSV UTF-8".',
    )
  const notText = () => invalidFile('글자로 된 CSV 파일이 아니에요.', 'This is no text file.')
  if (bytes.some((byte) => byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d)) throw notText()

  const utf8 = strictUtf8(bytes)
  if (utf8 !== undefined && (startsWith(bytes, [0xef, 0xbb, 0xbf]) || HANGUL.test(utf8) || isLatin(utf8)))
    return { text: utf8, encoding: 'utf-8' }
  const cp949 = iconv.decode(Buffer.from(bytes), 'cp949')
  if (!cp949.includes('\ufffd') && HANGUL.test(cp949)) return { text: cp949, encoding: 'cp949' }
  if (utf8 !== undefined) return { text: utf8, encoding: 'utf-8' }
  throw notText()
}

/**
 * Whether letters beyond ASCII stand only beside ASCII letters, as accents do. A few Korean syllables in CP949 (such
 * as 징, C2 A1) are well-formed UTF-8 for something else; those stand by themselves between two commas.
 */
function isLatin(text: string): boolean {
  return !/(?<![A-Za-z])[^\p{ASCII}]+(?![A-Za-z])/u.test(text)
}

function strictUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}

function startsWith(bytes: Uint8Array, prefix: readonly number[]): boolean {
  return prefix.every((byte, index) => bytes[index] === byte)
}
