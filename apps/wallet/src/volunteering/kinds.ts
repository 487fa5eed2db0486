import kinds from '../../../../city/activity-kinds.json' with { type: 'json' }
import type { Kind } from './types.ts'

/** What volunteers help with, as the city lists it. */
export const KINDS: readonly Kind[] = kinds
