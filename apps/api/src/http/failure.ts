const NETWORK_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ETIMEDOUT',
  'EPIPE',
  'ENOTFOUND',
  'EHOSTUNREACH',
])
/** Prisma: cannot reach, timed out, closed, pool exhausted. */
const PRISMA_CODES = new Set(['P1000', 'P1001', 'P1002', 'P1008', 'P1017', 'P2024', 'P2037'])

function codeOf(error: unknown): string | undefined {
  const { code, cause } = Object(error) as { code?: unknown; cause?: unknown }
  if (typeof code === 'string') return code
  return cause === undefined || cause === error ? undefined : codeOf(cause)
}

/** Whether the database could not be reached, as against refused what was asked. */
export function isDatabaseOutage(error: unknown): boolean {
  const code = codeOf(error)
  if (code === undefined) return error instanceof Error && /Connection terminated/.test(error.message)
  // SQLSTATE class 08: connection; 57P: the server is going down or coming up; 53300: too many connections.
  return NETWORK_CODES.has(code) || PRISMA_CODES.has(code) || /^(08\w{3}|57P0\d|53300)$/.test(code)
}

/** Whether the database would not store a character that no text needs: U+0000. */
export function isUnstorable(error: unknown): boolean {
  // SQLSTATE: character_not_in_repertoire, untranslatable_character.
  return ['22021', '22P05'].includes(codeOf(error) ?? '')
}

/**
 * What the log may hold of an error. A database's message quotes the offending values and a parser's message
 * quotes its input, either of which may be somebody's name: for those only the kind and the place are kept.
 */
export function safeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { type: typeof error }
  const { code, severity } = error as { code?: unknown; severity?: unknown }
  const quotesData = severity !== undefined || error instanceof SyntaxError || /^Prisma/.test(error.name)
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line))
  return {
    type: error.name,
    ...(typeof code === 'string' ? { code } : {}),
    ...(quotesData ? {} : { message: error.message }),
    at: frames.slice(0, 8).map((line) => line.trim()),
    ...(error.cause === undefined ? {} : { cause: safeError(error.cause) }),
  }
}
