import type { Database } from '@pass/database'
import type { RequestHandler } from 'express'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { ReaderState } from './reader-watch.ts'

export type Metrics = {
  /** Times each request under its route template, method and status. */
  observe: RequestHandler
  contentType: string
  /** The Prometheus text form. */
  text(): Promise<string>
}

/** Labels hold route templates, methods and states, never an id: whoever reads the metrics learns of nobody. */
export function createMetrics({
  db,
  readerState,
}: {
  db: Database
  /** See `createReaderWatch`. */
  readerState: () => Promise<ReaderState>
}): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const duration = new Histogram({
    name: 'pass_http_request_duration_seconds',
    help: 'Time from the first byte of a request to the last of its answer',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
    registers: [registry],
  })
  const refusals = new Counter({
    name: 'pass_http_refusals_total',
    help: 'Answers with a status of 400 or above',
    labelNames: ['route', 'status'],
    registers: [registry],
  })
  gauge(
    registry,
    'pass_outbox_waiting',
    'What still has to reach the chain',
    ['kind'],
    () =>
      db.sql<{
        label: string
        count: bigint
      }>`SELECT "kind" AS label, count(*) AS count FROM "Outbox" GROUP BY 1`,
  )
  gauge(
    registry,
    'pass_anchor_batches',
    'Merkle batches by state',
    ['status'],
    () =>
      db.sql<{
        label: string
        count: bigint
      }>`SELECT "status" AS label, count(*) AS count FROM "AnchorBatch" GROUP BY 1`,
  )
  gauge(
    registry,
    'pass_credentials',
    'Credentials by state',
    ['status'],
    () =>
      db.sql<{
        label: string
        count: bigint
      }>`SELECT "status" AS label, count(*) AS count FROM "Credential" GROUP BY 1`,
  )
  readerGauges(registry, readerState)

  return {
    observe: (request, response, next) => {
      const begun = performance.now()
      response.once('finish', () => {
        const route = request.template ?? 'unmatched'
        const status = String(response.statusCode)
        duration.observe({ method: request.method, route, status }, (performance.now() - begun) / 1000)
        if (response.statusCode >= 400) refusals.inc({ route, status })
      })
      next()
    },
    contentType: registry.contentType,
    text: () => registry.metrics(),
  }
}

function readerGauges(registry: Registry, readerState: () => Promise<ReaderState>): void {
  new Gauge({
    name: 'pass_reader_stopped',
    help: '1 when the reader of the chain stands before an event that it cannot apply',
    registers: [registry],
    async collect() {
      this.set((await readerState()).reader === 'stopped' ? 1 : 0)
    },
  })
  new Gauge({
    name: 'pass_reader_lag_blocks',
    help: 'Final blocks of the chain that were not read yet; NaN while nobody knows',
    registers: [registry],
    async collect() {
      this.set((await readerState()).lag ?? Number.NaN)
    },
  })
}

function gauge(
  registry: Registry,
  name: string,
  help: string,
  labelNames: [string],
  rows: () => Promise<{ label: string; count: bigint }[]>,
): void {
  new Gauge({
    name,
    help,
    labelNames,
    registers: [registry],
    async collect() {
      this.reset()
      for (const { label, count } of await rows()) this.set({ [labelNames[0]]: label }, Number(count))
    },
  })
}
