export * from './generated/client.ts'
export { type Database, type DatabaseLocation, openDatabase, type Sql } from './open.ts'
