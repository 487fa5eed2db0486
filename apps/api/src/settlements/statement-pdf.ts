import { MARGIN, type Pdf, renderPdf } from '../pdf/document.ts'
import { dateOf, timeOf } from '../time/korea.ts'
import type { Statement } from './statement.ts'

export type StatementHead = { city: string; payee: string; businessNo: string | null; closedAt: Date }

const COLUMNS = [
  { title: '날짜', x: 0, width: 62 },
  { title: '시각', x: 66, width: 50 },
  { title: '구분', x: 120, width: 32 },
  { title: '포인트', x: 156, width: 70, align: 'right' },
  { title: '결제 확인값', x: 238, width: 261 },
] as const
const ROW = 15

/** The statement to print: the same lines and sums as the CSV. */
export function pdfOf(statement: Statement, head: StatementHead): Promise<Uint8Array> {
  const title = `정산서 ${statement.from} ~ ${statement.to}`
  return renderPdf({ title, author: head.city, date: head.closedAt }, (pdf) => {
    pdf.font('bold').fontSize(18).text(title)
    pdf.font('body').fontSize(10).moveDown(0.6)
    pdf.text(`가맹점  ${head.payee}`)
    if (head.businessNo !== null)
      pdf.text(`사업자등록번호  ${head.businessNo.replace(/^(...)(..)/, '$1-$2-')}`)
    pdf.text(`마감  ${dateOf(head.closedAt)} ${timeOf(head.closedAt)}  ${head.city}`).moveDown(0.8)
    const sums = [
      [`결제 합계 (${statement.payments}건)`, statement.gross],
      ['환불 합계', -statement.refunded],
      ['지급액', statement.net],
    ] as const
    for (const [label, points] of sums)
      pdf
        .font(label === '지급액' ? 'bold' : 'body')
        .text(`${label}  ${amount(points)}${label === '지급액' ? '원' : '포인트'}`)
    pdf.moveDown(1)
    writeTable(pdf, statement)
    writePageNumbers(pdf)
  })
}

function writeTable(pdf: Pdf, { lines }: Statement): void {
  let y = writeRow(
    pdf,
    pdf.y,
    'bold',
    COLUMNS.map(({ title }) => title),
  )
  for (const { at, kind, points, digest } of lines) {
    if (y > pdf.page.height - MARGIN - 2 * ROW) {
      pdf.addPage()
      y = writeRow(
        pdf,
        MARGIN,
        'bold',
        COLUMNS.map(({ title }) => title),
      )
    }
    y = writeRow(pdf, y, 'body', [
      dateOf(at),
      timeOf(at),
      kind === 'payment' ? '결제' : '환불',
      amount(points),
      // Broken in the middle it would be read wrong: it is set small enough for one line.
      digest,
    ])
  }
}

/** @returns where the next row begins */
function writeRow(pdf: Pdf, y: number, font: 'body' | 'bold', cells: readonly string[]): number {
  for (const [index, { x, width, ...column }] of COLUMNS.entries()) {
    const align = 'align' in column ? column.align : 'left'
    pdf.font(font).fontSize(index === 4 ? 6.4 : 9)
    pdf.text(cells[index] ?? '', MARGIN + x, index === 4 ? y + 2 : y, { width, align, lineBreak: false })
  }
  return y + ROW
}

function writePageNumbers(pdf: Pdf): void {
  const { count } = pdf.bufferedPageRange()
  for (let page = 0; page < count; page++) {
    pdf.switchToPage(page)
    // Below the margin, where text would otherwise begin a new page.
    pdf.page.margins.bottom = 0
    pdf.font('body').fontSize(8)
    pdf.text(`${page + 1} / ${count}`, MARGIN, pdf.page.height - MARGIN + 12, {
      width: pdf.page.width - 2 * MARGIN,
      align: 'center',
      lineBreak: false,
    })
  }
}

const amount = (points: bigint) => points.toLocaleString('ko-KR')
