import { createRequire } from 'node:module'
import PDFDocument from 'pdfkit'

export type Pdf = PDFKit.PDFDocument

const fontFile = (name: string) =>
  createRequire(import.meta.url).resolve(`@expo-google-fonts/gothic-a1/${name}.ttf`)

/** Points (1/72 inch) between the edge of an A4 page and what is on it. */
export const MARGIN = 48

/**
 * An A4 document with Korean type: the fonts `body` (which is set) and `bold`, of which only the letters used are
 * embedded. Pages are kept until the end, so that `bufferedPageRange` and `switchToPage` can number them.
 * @param about What a reader's window says of it; `date` is its date of making.
 * @param draw Writes the pages.
 */
export function renderPdf(
  about: { title: string; author: string; date: Date },
  draw: (pdf: Pdf) => void,
): Promise<Uint8Array> {
  const pdf = new PDFDocument({
    size: 'A4',
    margin: MARGIN,
    bufferPages: true,
    lang: 'ko',
    displayTitle: true,
    info: { Title: about.title, Author: about.author, CreationDate: about.date, ModDate: about.date },
  })
  const chunks: Uint8Array[] = []
  const finished = new Promise<Uint8Array>((resolve, reject) => {
    pdf.on('data', (chunk: Uint8Array) => void chunks.push(chunk))
    pdf.on('end', () => resolve(new Uint8Array(Buffer.concat(chunks))))
    pdf.on('error', reject)
  })
  pdf.registerFont('body', fontFile('400Regular/GothicA1_400Regular'))
  pdf.registerFont('bold', fontFile('700Bold/GothicA1_700Bold'))
  pdf.font('body')
  draw(pdf)
  pdf.end()
  return finished
}
