const PATIENCE_MS = 2000

/** What the question answers, or `otherwise` when it fails or takes too long: whoever watches must not wait as well. */
export async function patiently<T, O>(question: () => Promise<T>, otherwise: O): Promise<T | O> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<O>((resolve) => {
    timer = setTimeout(() => resolve(otherwise), PATIENCE_MS)
  })
  try {
    return await Promise.race([asked(question, otherwise), late])
  } finally {
    clearTimeout(timer)
  }
}

/** Also when it fails before it has begun to wait. */
async function asked<T, O>(question: () => Promise<T>, otherwise: O): Promise<T | O> {
  try {
    return await question()
  } catch {
    return otherwise
  }
}
