import { encodeQR } from 'qr'
import { useMemo } from 'react'

export type QrCodeProps = {
  /** The text in the code. */
  value: string
  /** What the code is for, for those who do not see it. */
  label: string
}

/** A QR code as an SVG, as wide as the box around it. */
export function QrCode({ value, label }: QrCodeProps) {
  const { side, path } = useMemo(() => draw(value), [value])
  return (
    <svg
      className="ui-qr"
      viewBox={`0 0 ${side} ${side}`}
      role="img"
      aria-label={label}
      shapeRendering="crispEdges"
    >
      <rect width={side} height={side} fill="#ffffff" />
      <path d={path} fill="#000000" />
    </svg>
  )
}

/** One path with a horizontal run per stretch of dark modules. A quiet zone of 4 modules (ISO/IEC 18004). */
function draw(value: string): { side: number; path: string } {
  const modules = encodeQR(value, 'raw', { border: 4, ecc: 'low' })
  const runs = modules.flatMap((row, y) => {
    const found: string[] = []
    for (let x = 0; x < row.length; x++) {
      const start = x
      while (row[x]) x++
      if (x > start) found.push(`M${start} ${y}h${x - start}v1h-${x - start}z`)
    }
    return found
  })
  return { side: modules.length, path: runs.join('') }
}
