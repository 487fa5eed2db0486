import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { Problem } from '../http/problem.ts'
import { type Route, route } from '../http/route.ts'
import { openApiDocument } from './openapi.ts'

const SWAGGER = dirname(fileURLToPath(import.meta.resolve('swagger-ui-dist/package.json')))

/** The three files of Swagger UI that the page needs, from its package: no CDN sees who reads the documentation. */
const FILES: Record<string, string> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
}

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Incheon Pass API</title>
<link rel="icon" href="/api/docs/files/favicon-32x32.png">
<link rel="stylesheet" href="/api/docs/files/swagger-ui.css">
</head>
<body>
<main id="docs"></main>
<script src="/api/docs/files/swagger-ui-bundle.js"></script>
<script src="/api/docs/start.js"></script>
</body>
</html>
`

/** In a file of its own: the Content-Security-Policy allows no script inside a page. */
const START = `SwaggerUIBundle({ url: '/api/openapi.json', dom_id: '#docs', deepLinking: true, withCredentials: true })
`

/** @param routes every other route, to be described */
export function docsRoutes(routes: readonly Route[], publicUrl: string): Route[] {
  let document: string | undefined
  const text = (mediaType: string, body: string) => ({
    headers: { 'Content-Type': `${mediaType}; charset=utf-8`, 'Cache-Control': 'no-cache' },
    body,
  })
  return [
    route({
      method: 'get',
      path: '/api/openapi.json',
      tag: 'Operation',
      summary: 'This document',
      access: 'public',
      hidden: true,
      responses: { 200: { mediaType: 'application/json', description: 'OpenAPI 3.1' } },
      handle: () => {
        document ??= JSON.stringify(openApiDocument(routes, publicUrl))
        return text('application/json', document)
      },
    }),
    route({
      method: 'get',
      path: '/api/docs',
      tag: 'Operation',
      summary: 'The documentation, for reading',
      access: 'public',
      hidden: true,
      responses: { 200: { mediaType: 'text/html', description: 'A page' } },
      handle: () => text('text/html', PAGE),
    }),
    route({
      method: 'get',
      path: '/api/docs/start.js',
      tag: 'Operation',
      summary: 'Starts the documentation page',
      access: 'public',
      hidden: true,
      responses: { 200: { mediaType: 'text/javascript', description: 'A script' } },
      handle: () => text('text/javascript', START),
    }),
    route({
      method: 'get',
      path: '/api/docs/files/{name}',
      tag: 'Operation',
      summary: 'Files of the documentation page',
      access: 'public',
      hidden: true,
      params: z.object({ name: z.string() }),
      responses: { 200: { mediaType: 'text/plain', description: 'A file' } },
      handle: async ({ params: { name } }) => {
        const mediaType = Object.hasOwn(FILES, name) ? FILES[name] : undefined
        if (mediaType === undefined) throw new Problem('not_found', 'There is no such file.')
        const body = new Uint8Array(await readFile(join(SWAGGER, name)))
        return { headers: { 'Content-Type': mediaType, 'Cache-Control': 'public, max-age=86400' }, body }
      },
    }),
  ]
}
