import type { Request } from 'express'

const LOCAL_NAMES = new Set(['localhost', '127.0.0.1', '[::1]'])
const FORWARDED = [
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
  'via',
]

/**
 * Whether a request was made on this very machine. The connection alone does not show it: a proxy or a tunnel
 * here makes the whole world arrive over loopback, and a rebound DNS name makes a foreign page do so.
 */
export function cameOverLoopback(request: Request): boolean {
  const peer = request.socket.remoteAddress ?? ''
  const loopback = peer === '::1' || /^(::ffff:)?127\.\d+\.\d+\.\d+$/.test(peer)
  const name = (request.get('host') ?? '').replace(/:\d+$/, '').toLowerCase()
  return loopback && LOCAL_NAMES.has(name) && FORWARDED.every((header) => request.get(header) === undefined)
}
