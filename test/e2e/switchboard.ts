import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'

/** What stands between the wallet and the city, to be cut where a test wants it cut. */
export type Switchboard = {
  port: number
  /** No answer to anything: the server is gone. */
  down: boolean
  /** The request arrives, and its answer is lost. */
  loseAnswerTo: RegExp | undefined
  /** Appended to the service worker: a new version of the wallet. */
  newVersion: string
  end(): Promise<void>
}

/** Listens on a port of its own and passes everything on to `targetPort`. */
export async function openSwitchboard(targetPort: () => number): Promise<Switchboard> {
  const server = createServer((incoming, outgoing) => pass(incoming, outgoing))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const board: Switchboard = {
    port: typeof address === 'object' && address ? address.port : 0,
    down: false,
    loseAnswerTo: undefined,
    newVersion: '',
    end: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }

  function pass(incoming: IncomingMessage, outgoing: ServerResponse) {
    const { method, url = '/' } = incoming
    // Asked for whole: to "not modified" nothing could be appended.
    const { 'if-none-match': _tag, 'if-modified-since': _since, ...headers } = incoming.headers
    if (board.down) return void incoming.socket.destroy()
    // A browser asks again by itself when a connection that it kept is cut; on a new one it does not.
    outgoing.shouldKeepAlive = false
    const onward = request(
      { host: '127.0.0.1', port: targetPort(), method, path: url, headers },
      (answer) => {
        if (board.loseAnswerTo?.test(url)) {
          board.loseAnswerTo = undefined
          answer.resume()
          incoming.socket.destroy()
          return
        }
        if (!url.endsWith('/sw.js') || board.newVersion === '') {
          outgoing.writeHead(answer.statusCode ?? 502, { ...answer.headers, connection: 'close' })
          answer.pipe(outgoing)
          return
        }
        const { etag: _etag, 'content-length': _length, 'last-modified': _modified, ...kept } = answer.headers
        outgoing.writeHead(200, { ...kept, 'content-type': 'text/javascript' })
        answer.pipe(outgoing, { end: false })
        answer.on('end', () => outgoing.end(board.newVersion))
      },
    )
    onward.on('error', () => incoming.socket.destroy())
    incoming.pipe(onward)
  }
  return board
}
