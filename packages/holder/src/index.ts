export * from './error.ts'
export { createHolder, type Holder, type HolderPorts } from './holder.ts'
export { createMemoryKeys, createMemoryStore } from './memory.ts'
export type * from './types.ts'
