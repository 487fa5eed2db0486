/** Length of an account's number, with its check digit. */
const DIGITS = 10

/**
 * A random account number: ten digits, the last of which checks the others (ISO/IEC 7812-1 annex B), so that a digit
 * typed wrongly and most swapped ones are noticed before they reach somebody else.
 */
export function newAccountNumber(random: (length: number) => Uint8Array): string {
  const digits: number[] = []
  while (digits.length < DIGITS - 1)
    // Bytes from 250 on would make the low digits likelier.
    for (const byte of random(16)) if (byte < 250 && digits.length < DIGITS - 1) digits.push(byte % 10)
  const body = digits.join('')
  return `${body}${checkDigitOf(body)}`
}

/** The number in what somebody typed, spaces and hyphens aside, or `undefined` when it is none. */
export function accountNumberIn(text: string): string | undefined {
  const number = text.replaceAll(/[\s-]/g, '')
  if (!/^\d{10}$/.test(number)) return undefined
  return checkDigitOf(number.slice(0, -1)) === number.at(-1) ? number : undefined
}

function checkDigitOf(body: string): string {
  let sum = 0
  for (const [i, digit] of [...body].reverse().entries()) {
    const doubled = i % 2 === 0 ? Number(digit) * 2 : Number(digit)
    sum += doubled > 9 ? doubled - 9 : doubled
  }
  return String((10 - (sum % 10)) % 10)
}
