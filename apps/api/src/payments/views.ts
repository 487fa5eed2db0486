/** Points as decimal strings, times in ISO 8601: JSON has neither. Everything else stays as it is. */
export type Json<T> = T extends bigint | Date
  ? string
  : T extends readonly (infer Item)[]
    ? Json<Item>[]
    : T extends object
      ? { [Key in keyof T]: Json<T[Key]> }
      : T

export function toJson<T>(value: T): Json<T> {
  const convert = (part: unknown): unknown => {
    if (typeof part === 'bigint') return String(part)
    if (part instanceof Date) return part.toISOString()
    if (Array.isArray(part)) return part.map(convert)
    if (typeof part !== 'object' || part === null) return part
    return Object.fromEntries(Object.entries(part).map(([key, entry]) => [key, convert(entry)]))
  }
  return convert(value) as Json<T>
}
