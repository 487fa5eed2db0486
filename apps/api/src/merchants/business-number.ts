const WEIGHTS = [1, 3, 7, 1, 3, 7, 1, 3, 5]

/**
 * Reads a 사업자등록번호 as it is written: ten digits, hyphens or not.
 * @returns the ten digits, or `undefined` when the check digit of the National Tax Service does not fit
 */
export function readBusinessNumber(text: string): string | undefined {
  const digits = text.replaceAll(/[\s-]/g, '')
  if (!/^\d{10}$/.test(digits)) return undefined
  const numbers = [...digits].map(Number)
  const sum = WEIGHTS.reduce((total, weight, index) => total + weight * (numbers[index] ?? 0), 0)
  const check = (10 - ((sum + Math.floor(((numbers[8] ?? 0) * 5) / 10)) % 10)) % 10
  return check === numbers[9] ? digits : undefined
}
