/** A Node process that was started with `--inspect`, as DevTools see it. */
export type Inspector = {
  /** Answers the result of a DevTools command. */
  ask<Result>(method: string, params?: Record<string, unknown>): Promise<Result>
  /** Bytes in use on the JavaScript heap once all that can be freed is freed. */
  heapUsed(): Promise<number>
  close(): void
}

export async function openInspector(port: number): Promise<Inspector> {
  const [target] = (await (await fetch(`http://127.0.0.1:${port}/json/list`)).json()) as {
    webSocketDebuggerUrl: string
  }[]
  if (!target) throw new Error('the process has no inspector')
  const socket = new WebSocket(target.webSocketDebuggerUrl)
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve)
    socket.addEventListener('error', reject)
  })
  let id = 0
  const ask: Inspector['ask'] = (method, params = {}) =>
    new Promise((resolve) => {
      id += 1
      const asked = id
      const onMessage = ({ data }: MessageEvent) => {
        const answer = JSON.parse(String(data))
        if (answer.id !== asked) return
        socket.removeEventListener('message', onMessage)
        resolve(answer.result)
      }
      socket.addEventListener('message', onMessage)
      socket.send(JSON.stringify({ id: asked, method, params }))
    })
  return {
    ask,
    heapUsed: async () => {
      await ask('HeapProfiler.collectGarbage')
      const { usedSize } = await ask<{ usedSize: number }>('Runtime.getHeapUsage')
      return usedSize
    },
    close: () => socket.close(),
  }
}
