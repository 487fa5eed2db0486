import { isJsonObject } from '../encoding/strict-json.ts'

/**
 * A claims path pointer (OpenID4VP 1.0 section 7): a member name, an array index, or `null` for every element of an
 * array.
 */
export type ClaimPath = ReadonlyArray<string | number | null>

/** All values that `path` selects in `claims`, with the concrete path of each. Empty: none (section 7.1.1). */
export function selectClaims(
  claims: unknown,
  path: ClaimPath,
): Array<{ path: Array<string | number>; value: unknown }> {
  let selected: Array<{ path: Array<string | number>; value: unknown }> = [{ path: [], value: claims }]
  for (const step of path) {
    selected = selected.flatMap((at) =>
      children(at.value, step).map(([key, value]) => ({ path: [...at.path, key], value })),
    )
  }
  return selected
}

/** Whether one path leads to, or through, what the other selects: neither can be shown without the other's branch. */
export function onSameBranch(a: ClaimPath, b: ClaimPath): boolean {
  const shared = Math.min(a.length, b.length)
  for (let i = 0; i < shared; i++) if (!sameStep(a[i], b[i])) return false
  return true
}

/** Whether everything that `inner` selects lies within what `outer` selects. */
export function covers(outer: ClaimPath, inner: ClaimPath): boolean {
  return (
    outer.length <= inner.length &&
    outer.every((step, i) => step === inner[i] || (step === null && typeof inner[i] === 'number'))
  )
}

function children(value: unknown, step: string | number | null): Array<[string | number, unknown]> {
  if (typeof step === 'string') {
    return isJsonObject(value) && Object.hasOwn(value, step) ? [[step, value[step]]] : []
  }
  if (!Array.isArray(value)) return []
  if (step === null) return [...value.entries()]
  return step in value ? [[step, value[step]]] : []
}

function sameStep(a: string | number | null | undefined, b: string | number | null | undefined): boolean {
  return a === b || (a === null && typeof b === 'number') || (b === null && typeof a === 'number')
}
