import type { CardDisplay } from '@pass/holder'

const HEX = /^#[0-9a-f]{6}$/i
const DEFAULT_BACKGROUND = '#0b3d91'

/** A card's colours from its type, made readable: the text gives way when it would not reach 4.5 to 1. */
export function cardColours(display: Pick<CardDisplay, 'background' | 'text'>): {
  background: string
  text: string
} {
  const background =
    display.background && HEX.test(display.background) ? display.background : DEFAULT_BACKGROUND
  if (display.text && HEX.test(display.text) && contrast(background, display.text) >= 4.5)
    return { background, text: display.text }
  const white = contrast(background, '#ffffff')
  return { background, text: white >= contrast(background, '#000000') ? '#ffffff' : '#000000' }
}

/** Contrast ratio of two colours (WCAG 2.2). */
function contrast(a: string, b: string): number {
  const [light = 0, dark = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x)
  return (light + 0.05) / (dark + 0.05)
}

function luminance(colour: string): number {
  const channel = (at: number) => {
    const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  }
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
}
