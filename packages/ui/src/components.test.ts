import decodeQR from 'qr/decode.js'
import { createElement } from 'react'
import { renderToStaticMarkup } from 'react-dom/server'
import { expect, it } from 'vitest'
import { Button, Checkbox, Notice, Progress, QrCode, StatusBadge, Table, TextField } from './index.ts'

const nothing = () => undefined

it('a QR code reads back as its text, and says what it is for', () => {
  const value = 'openid4vp://?client_id=x509_hash%3Aabc&request_uri=https%3A%2F%2Fcity.example%2Frequests%2F1'
  const markup = renderToStaticMarkup(createElement(QrCode, { value, label: '제출할 내용을 여는 QR 코드' }))
  expect(markup).toContain('role="img"')
  expect(markup).toContain('aria-label="제출할 내용을 여는 QR 코드"')
  expect(decodeQR(rasterOf(markup))).toBe(value)
})

/** Draws the one path of our QR codes, 4 pixels to a module. */
function rasterOf(markup: string) {
  const side = Number(/viewBox="0 0 (\d+)/.exec(markup)?.[1])
  const size = side * 4
  const data = new Uint8Array(size * size * 4).fill(255)
  for (const [, x, y, width] of markup.matchAll(/M(\d+) (\d+)h(\d+)v1/g))
    for (let row = Number(y) * 4; row < Number(y) * 4 + 4; row++)
      for (let column = Number(x) * 4; column < (Number(x) + Number(width)) * 4; column++)
        data.fill(0, (row * size + column) * 4, (row * size + column) * 4 + 3)
  return { width: size, height: size, data }
}

it('a field ties its hint and its error to the input', () => {
  const field = { label: '이름', hint: '도움말', error: '필요해요', value: '', onChange: nothing, id: 'name' }
  const markup = renderToStaticMarkup(createElement(TextField, field))
  expect(markup).toContain('for="name"')
  expect(markup).toContain('aria-describedby="name-hint name-error"')
  expect(markup).toContain('aria-invalid="true"')
})

it('a field without an error is not announced as wrong', () => {
  const markup = renderToStaticMarkup(
    createElement(TextField, { label: '이름', value: '', onChange: nothing }),
  )
  expect(markup).not.toContain('aria-invalid')
  expect(markup).not.toContain('aria-describedby')
})

it('a checkbox can be ticked through its label', () => {
  const markup = renderToStaticMarkup(
    createElement(Checkbox, { label: '동의', checked: true, onChange: nothing, id: 'c' }),
  )
  expect(markup).toMatch(/<label[^>]*for="c"/)
  expect(markup).toContain('checked=""')
})

it('a busy button keeps its place in the tab order and says that it is busy', () => {
  const markup = renderToStaticMarkup(createElement(Button, { busy: true }, '보내고 있어요…'))
  expect(markup).toContain('aria-busy="true"')
  expect(markup).toContain('aria-disabled="true"')
  expect(markup).not.toContain(' disabled')
})

it('statuses and waits are told in words', () => {
  expect(renderToStaticMarkup(createElement(StatusBadge, { tone: 'success', children: '확인됨' }))).toContain(
    '확인됨',
  )
  expect(
    renderToStaticMarkup(createElement(Progress, { label: '가져오는 중', value: 3, max: 10 })),
  ).toContain('가져오는 중')
  expect(
    renderToStaticMarkup(createElement(Notice, { tone: 'error', title: '문제', role: 'alert' })),
  ).toContain('role="alert"')
})

it('a table names its columns and rows, and gives way to what to do when there is nothing', () => {
  type Row = { id: string; count: number }
  const table = {
    caption: '묶음',
    columns: [
      { key: 'id', header: '번호', cell: (row: Row) => row.id },
      { key: 'count', header: '개수', cell: (row: Row) => row.count, numeric: true },
    ],
    rowKey: (row: Row) => row.id,
    empty: '아직 없어요',
  }
  const full = renderToStaticMarkup(createElement(Table<Row>, { ...table, rows: [{ id: 'a', count: 2 }] }))
  expect(full).toContain('<th scope="row">a</th>')
  expect(full).toContain('scope="col"')
  expect(renderToStaticMarkup(createElement(Table<Row>, { ...table, rows: [] }))).toBe('아직 없어요')
})
