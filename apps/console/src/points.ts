import { useI18n } from './i18n.ts'

/** Digits of a whole amount of points within what a field may hold; undefined for anything else. */
export function amountIn(text: string): string | undefined {
  const digits = text.replaceAll(/[,\s]/g, '')
  return /^[1-9]\d{0,8}$/.test(digits) ? digits : undefined
}

/** Writes points as people read them: "1,500 P", never broken over two lines. */
export function usePoints(): (points: string | number) => string {
  const { number } = useI18n()
  return (points) => `${number(Number(points))}\u00a0P`
}
