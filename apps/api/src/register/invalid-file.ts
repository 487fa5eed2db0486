import { Problem } from '../http/problem.ts'

/** A file of which not one row can be read; the sentence in both languages of the console. */
export function invalidFile(ko: string, en: string): Problem {
  return new Problem('invalid_file', en, { message: { ko, en } })
}
