import { readFile } from 'node:fs/promises'
import type { EngineLog } from '../engine/log/engine-log.ts'
import { screenFileHeaders, type ScreenFile } from '../engine/screen/screen-files.ts'
import { screenHeaders } from '#shared/wire/screen-policy.ts'
import type { ElectronParts } from './electron-parts.ts'

/** The one origin that windows load. [BRG-4] */
export const APP_ORIGIN = 'app://carrel'

/** The page of a kiosk. */
export const KIOSK_PAGE = `${APP_ORIGIN}/kiosk.html`

const HEADERS = screenHeaders('none')

/** Gives app:// an origin, modules and a secure context. Must be called before Electron is ready. */
export function registerAppScheme(
  protocol: Pick<ElectronParts['protocol'], 'registerSchemesAsPrivileged'>,
): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } },
  ])
}

/** Answers app://carrel/… with the files of the screens; every answer has the content security policy, also a refusal. [BRG-4] */
export function serveAppScheme(
  protocol: Pick<ElectronParts['protocol'], 'handle'>,
  files: ReadonlyMap<string, ScreenFile>,
  log: EngineLog,
): void {
  protocol.handle('app', (request) => answerApp(files, log, request.method, request.url))
}

async function answerApp(
  files: ReadonlyMap<string, ScreenFile>,
  log: EngineLog,
  method: string,
  url: string,
): Promise<Response> {
  if (method !== 'GET' && method !== 'HEAD') return status(405)
  const found = isAppUrl(url) ? files.get(new URL(url).pathname) : undefined
  if (!found) return status(404)
  try {
    const bytes = await readFile(found.file)
    return new Response(method === 'HEAD' ? null : bytes, {
      headers: screenFileHeaders(found, bytes, 'none'),
    })
  } catch (error) {
    log.warn('screen-file-unreadable', 'A file of the screens cannot be read.', {
      file: found.file,
      error: String(error),
    })
    return status(404)
  }
}

function status(code: number): Response {
  return new Response(null, { status: code, headers: HEADERS })
}

/** Whether an address is of the app's own origin: compared as a parsed URL, so that `app://carrel.evil` is not. [BRG-4] */
export function isAppUrl(url: string): boolean {
  if (!URL.canParse(url)) return false
  const { protocol, host, username, password } = new URL(url)
  return protocol === 'app:' && host === 'carrel' && username === '' && password === ''
}
