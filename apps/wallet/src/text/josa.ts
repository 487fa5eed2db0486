/**
 * A word with the particle that its sound asks for: 시민증을, 카드를. A word that does not end in Hangul gets both.
 *
 * @param pair after a consonant, after a vowel: `['을', '를']`
 */
export function josa(word: string, [closed, open]: readonly [string, string]): string {
  const last = word.codePointAt(word.length - 1) ?? 0
  if (last < 0xac00 || last > 0xd7a3) return `‘${word}’${closed}(${open})`
  // Hangul syllables stand in rows of 28, the first of each without a final consonant (Unicode 3.12).
  return `‘${word}’${(last - 0xac00) % 28 === 0 ? open : closed}`
}
