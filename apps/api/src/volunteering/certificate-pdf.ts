import encodeQR from 'qr'
import { MARGIN, type Pdf, renderPdf } from '../pdf/document.ts'
import { dateOf } from '../time/korea.ts'
import type { CertificateFacts } from './certificate.ts'

export type CertificateHead = { issuer: string; city: string; link: string; issuedAt: Date }

/** Points (1/72 inch): some eight centimetres, which a phone reads from paper although it holds a lot. */
const QR_SIZE = 225
const LABEL_WIDTH = 110

/** One page: the facts, and the code by which anyone can check them. */
export function certificatePdf(facts: CertificateFacts, head: CertificateHead): Promise<Uint8Array> {
  const title = '자원봉사 확인서'
  return renderPdf({ title, author: head.issuer, date: head.issuedAt }, (pdf) => {
    pdf.fontSize(10).text(`제 ${facts.certificateNo} 호`)
    pdf.moveDown(2).font('bold').fontSize(26).text(title, { align: 'center' })
    pdf
      .moveDown(0.2)
      .font('body')
      .fontSize(11)
      .text('Volunteering Certificate', { align: 'center' })
      .moveDown(2)
    const lines = [
      ['이름', facts.name],
      ['생년월일', facts.birthDate],
      ['활동', facts.activity.ko],
      ['단체', facts.organisation],
      ['활동한 날', facts.date],
      ['봉사 시간', `${spoken(facts.minutes)} (${facts.minutes}분)`],
      ['학교 제출', facts.school ? '학교에 내는 봉사 시간으로 인정돼요' : '해당 없음'],
    ] as const
    for (const [label, value] of lines) writeLine(pdf, label, value)
    pdf.moveDown(1).fontSize(12).text('위와 같이 봉사 활동에 참여했음을 확인합니다.', { align: 'center' })
    pdf.moveDown(0.8).text(koreanDate(head.issuedAt), { align: 'center' })
    pdf.moveDown(0.6).font('bold').fontSize(16).text(head.issuer, { align: 'center' })
    pdf.moveDown(1.2)
    drawQr(pdf, head.link, (pdf.page.width - QR_SIZE) / 2, pdf.y)
    pdf.y += QR_SIZE + 10
    pdf.x = MARGIN
    pdf.font('body').fontSize(9)
    pdf.text('휴대전화로 QR을 찍으면 이 확인서가 진짜인지 바로 볼 수 있어요. 인터넷이 없어도 확인돼요.', {
      align: 'center',
    })
  })
}

function writeLine(pdf: Pdf, label: string, value: string): void {
  const { y } = pdf
  pdf
    .font('bold')
    .fontSize(12)
    .text(label, MARGIN + 20, y, { width: LABEL_WIDTH })
  pdf.font('body').text(value, MARGIN + 20 + LABEL_WIDTH, y, {
    width: pdf.page.width - 2 * MARGIN - LABEL_WIDTH - 40,
  })
  pdf.x = MARGIN
  pdf.moveDown(0.7)
}

/** As squares, which stay sharp however the page is printed. */
function drawQr(pdf: Pdf, text: string, x: number, y: number): void {
  const rows = encodeQR(text, 'raw', { ecc: 'low', border: 2 })
  const size = QR_SIZE / rows.length
  // A hair larger than its place: no white lines between neighbours.
  for (const [row, cells] of rows.entries())
    for (const [column, dark] of cells.entries())
      if (dark) pdf.rect(x + column * size, y + row * size, size + 0.05, size + 0.05)
  pdf.fill('#000000')
}

const spoken = (minutes: number): string => {
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60]
  return [hours > 0 ? `${hours}시간` : '', rest > 0 ? `${rest}분` : ''].filter(Boolean).join(' ')
}

const koreanDate = (at: Date): string => {
  const [year, month, day] = dateOf(at).split('-').map(Number)
  return `${year}년 ${month}월 ${day}일`
}
