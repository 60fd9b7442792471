import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { PORTAL_PATHS } from '#shared/wire/portal-paths.ts'
import { portalHeaders } from '#shared/wire/screen-policy.ts'
import { pathOf } from './platform/http/request-target.ts'
import { LANGUAGES } from './platform/languages.ts'

/** Where the built screens are. The hub may start before they are built: the folder is read at each request. */
const SCREEN_FOLDER = path.join(import.meta.dirname, '..', 'dist', 'renderer')

const PAGE = 'portal.html'

/** Files beside the page; of the folder nothing else is served but assets with a hash in their name. */
const FILES = [
  'icon.svg',
  'icon-192.png',
  'icon-512.png',
  'icon-maskable-512.png',
  ...LANGUAGES.map((tag) => `manifest.${tag}.webmanifest`),
]

/** A file whose name changes with its content never changes. */
const IMMUTABLE = { cacheControl: true, immutable: true, maxAge: '1y', index: false as const }

/** As the builder names files: no dot at the beginning, and no way into another folder. */
const PLAIN_NAME = /^\w[\w.-]*$/

/** Whether the portal is built. */
export function arePagesBuilt(folder: string = SCREEN_FOLDER): boolean {
  return existsSync(path.join(folder, PAGE))
}

/** The portal: the pages of people. */
export interface Portal {
  /** Registers the portal's addresses. */
  register(app: FastifyInstance): Promise<void>
  /** Answers an unknown address with a page, when the request is for a page; else null. */
  answerNotFound(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> | null
}

/** The portal's pages, from a folder of built screens. [POR-3] */
export function makePortal(folder: string = SCREEN_FOLDER): Portal {
  const sendPage = async (
    request: FastifyRequest,
    reply: FastifyReply,
    status: number,
  ): Promise<FastifyReply> => {
    const page = await readFile(path.join(folder, PAGE), 'utf8').catch(() => null)
    void addHeaders(request, reply).header('cache-control', 'no-cache').type('text/html; charset=utf-8')
    if (page === null) return reply.code(503).header('retry-after', '10').send(NOT_BUILT)
    return reply.code(status).send(page)
  }
  return {
    register: async (app) => {
      await app.register(async (scope) => {
        await scope.register(fastifyStatic, { serve: false, preCompressed: true })
        for (const url of PORTAL_PATHS)
          scope.get(url, (request, reply) => sendPortalPage(request, reply, folder, sendPage))
        for (const file of FILES)
          scope.get(`/${file}`, (request, reply) =>
            addHeaders(request, reply).sendFile(file, folder, { cacheControl: false, index: false }),
          )
        scope.get('/assets/:name', (request, reply) => {
          const { name } = request.params as { name: string }
          if (!PLAIN_NAME.test(name)) return reply.callNotFound()
          return addHeaders(request, reply).sendFile(name, path.join(folder, 'assets'), IMMUTABLE)
        })
      })
    },
    answerNotFound: (request, reply) => (wantsPage(request) ? sendPage(request, reply, 404) : null),
  }
}

/** With an ETag and for HEAD where the page is built; with advice where it is not. */
async function sendPortalPage(
  request: FastifyRequest,
  reply: FastifyReply,
  folder: string,
  sendPage: (request: FastifyRequest, reply: FastifyReply, status: number) => Promise<FastifyReply>,
): Promise<FastifyReply> {
  if (!arePagesBuilt(folder)) return sendPage(request, reply, 503)
  void addHeaders(request, reply).header('cache-control', 'no-cache')
  return reply.sendFile(PAGE, folder, { cacheControl: false, index: false })
}

function addHeaders(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  void reply.headers(portalHeaders())
  // A browser that came by TLS once comes by nothing else.
  if (request.protocol === 'https') void reply.header('strict-transport-security', 'max-age=31536000')
  return reply
}

/** A person's browser looks for a page; programs look for an answer in JSON, and everything below /api is for them. */
function wantsPage(request: FastifyRequest): boolean {
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  const accepts = request.headers.accept ?? ''
  return isRead && accepts.includes('text/html') && !pathOf(request).startsWith('/api/')
}

const NOT_BUILT = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <title>Carrel</title>
  </head>
  <body>
    <h1>The pages of this hub are not built yet</h1>
    <p>On the machine of the hub: <code>node build/build-screens.ts</code>. Then load this page again.</p>
  </body>
</html>
`
