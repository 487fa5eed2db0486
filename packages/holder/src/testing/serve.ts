import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** An answer; 'cut' closes the connection instead, when the work is done and the answer would be on its way. */
export type Answer =
  | { status?: number; type?: string; headers?: Record<string, string>; body?: unknown }
  | 'cut'
export type Handler = (request: {
  url: string
  method: 'GET' | 'POST'
  headers: Headers
  text: string
}) => Promise<Answer> | Answer

export type Served = { url: string; routes: Map<string, Handler>; stop(): Promise<void> }

/** A real HTTP server with handlers by path. */
export async function serve(): Promise<Served> {
  const routes = new Map<string, Handler>()
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', async () => {
      const path = new URL(request.url ?? '/', 'http://localhost').pathname
      const handler = routes.get(path)
      const headers = new Headers(Object.entries(request.headers) as [string, string][])
      const url = `http://${request.headers.host}${request.url}`
      const method = request.method === 'POST' ? 'POST' : 'GET'
      const answer: Answer = handler
        ? await Promise.resolve(
            handler({ url, method, headers, text: Buffer.concat(chunks).toString() }),
          ).catch((error: unknown) => ({ status: 500, body: { error: String(error) } }))
        : { status: 404, body: {} }
      if (answer === 'cut') return response.destroy()
      const { status = 200, type = 'application/json', body = {} } = answer
      response.writeHead(status, { 'content-type': type, ...answer.headers })
      return response.end(typeof body === 'string' ? body : JSON.stringify(body))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://localhost:${port}`,
    routes,
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}
