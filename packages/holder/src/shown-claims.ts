import { selectClaims } from '@pass/credentials'
import { labelOfPath } from './describe.ts'
import type { ClaimLabel, ClaimPath, ClaimShown } from './types.ts'

/** Claims of the format itself: how the credential works, not what it says of its holder. */
const FORMAT_CLAIMS = new Set([
  'iss',
  'iat',
  'nbf',
  'exp',
  'vct',
  'vct#integrity',
  'cnf',
  'status',
  'sub',
  'jti',
  '_sd',
  '_sd_alg',
])

/**
 * What a credential says of its holder, with labels: described claims in the order of the description, then whatever
 * nobody described under its own name, so that nothing in a credential is hidden from its holder.
 */
export function shownClaims(claims: Record<string, unknown>, labels: readonly ClaimLabel[]): ClaimShown[] {
  const shown: ClaimShown[] = []
  const has = (path: ClaimPath) => shown.some((claim) => isWithin(path, claim.path))
  for (const { path, label } of leavesOf(labels)) {
    for (const selected of selectClaims(claims, path)) {
      if (!has(selected.path)) shown.push({ path: selected.path, label, value: selected.value })
    }
  }
  for (const [name, value] of Object.entries(claims)) {
    if (FORMAT_CLAIMS.has(name)) continue
    for (const path of leafPaths(value, [name])) {
      if (has(path)) continue
      for (const selected of selectClaims(claims, path))
        shown.push({ path, label: labelOfPath(path), value: selected.value })
    }
  }
  return shown
}

/** Label of one claim: its own, or that of the object or array it lies in. */
export function labelFor(path: ClaimPath, labels: readonly ClaimLabel[]): ClaimLabel['label'] {
  const around = labels
    .filter((label) => isWithin(path, label.path))
    .sort((a, b) => b.path.length - a.path.length)
  return around[0]?.label ?? labelOfPath(path)
}

/** Whether `path` is `outer` or lies within it; `null` in `outer` stands for any element. */
export function isWithin(path: ClaimPath, outer: ClaimPath): boolean {
  return (
    outer.length <= path.length &&
    outer.every((step, i) => step === path[i] || (step === null && typeof path[i] === 'number'))
  )
}

/** A description may have an object as well as its members: the members say more. */
function leavesOf(labels: readonly ClaimLabel[]): ClaimLabel[] {
  return labels.filter(
    ({ path }) => !labels.some((other) => other.path.length > path.length && isWithin(other.path, path)),
  )
}

/** Members of objects each by itself; an array is one claim. */
function leafPaths(value: unknown, path: ClaimPath): ClaimPath[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [path]
  return Object.entries(value).flatMap(([name, member]) => leafPaths(member, [...path, name]))
}
