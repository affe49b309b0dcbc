/** `/openapi.json`, and `/docs`: Swagger UI from node_modules, nothing from elsewhere. @io disk */
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { App } from '../app.ts'

const SWAGGER_UI = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'))

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <title>Whereabouts API</title>
    <link rel="stylesheet" href="/docs/swagger-ui.css" />
  </head>
  <body>
    <div id="api"></div>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
`
const START = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#api', deepLinking: true })\n`

/** The groups of operations, in the order in which they are used. */
const TAGS = [
  { name: 'regions', description: 'What is searched: road points or a grid, and their imagery' },
  { name: 'builds', description: 'Embedding a region, and again where imagery is newer' },
  { name: 'photos', description: 'What is looked for' },
  { name: 'heatmaps', description: 'Where it could be, in each format' },
  { name: 'scenes', description: 'The 365 scenes, by name or word' },
  { name: 'server', description: 'Whether it lives, is ready, and how busy it is' },
]

const FILES = {
  '/docs/swagger-ui.css': 'text/css; charset=utf-8',
  '/docs/swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
}

/** Registers the description of the API and its page. */
export function addDocsRoutes(app: App, version: string): void {
  app.doc31('/openapi.json', {
    openapi: '3.1.0',
    info: {
      title: 'Whereabouts',
      version,
      description:
        'Finds where an outdoor photo could have been taken, with overhead imagery and OpenStreetMap alone. ' +
        'It suggests where to look; it never proves a place. Errors are application/problem+json.',
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    servers: [{ url: '/' }],
    tags: TAGS,
  })
  app.get('/docs', (c) => c.html(PAGE))
  // Where a browser goes first.
  for (const path of ['/', '/docs/']) app.get(path, (c) => c.redirect('/docs'))
  app.get('/docs/start.js', (c) => c.body(START, 200, { 'content-type': 'text/javascript' }))
  for (const [path, mediaType] of Object.entries(FILES)) {
    const file = join(SWAGGER_UI, path.slice('/docs/'.length))
    app.get(path, async (c) => c.body(await readFile(file), 200, { 'content-type': mediaType }))
  }
}
