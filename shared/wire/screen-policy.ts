// What a shell says about the files of a screen: the same over Electron's app:// and over the agent's HTTP.

/**
 * The Content-Security-Policy of every screen. Screens load only what was built with them, run no inline code but what has
 * one of the hashes `inline` (SHA-256 in base64), and may not be framed. `connect` is 'self' where the bridge is a socket of
 * the page's own origin, 'none' where it is IPC. [BRG-3] [BRG-4]
 */
export function screenPolicy(connect: 'self' | 'none', inline: readonly string[] = []): string {
  return [
    "default-src 'none'",
    ["script-src 'self'", ...inline.map((hash) => `'sha256-${hash}'`)].join(' '),
    "style-src 'self'",
    "font-src 'self'",
    "img-src 'self' data:",
    `connect-src '${connect}'`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
}

/** Headers of every answer that carries a file of a screen, beside its type and length. */
export function screenHeaders(
  connect: 'self' | 'none',
  inline: readonly string[] = [],
): Record<string, string> {
  return {
    'content-security-policy': screenPolicy(connect, inline),
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), microphone=(), geolocation=(), usb=(), serial=(), hid=(), payment=()',
  }
}

/** The same for the portal's page, which a phone may install: it also names a manifest. [POR-3] */
export function portalHeaders(): Record<string, string> {
  return {
    ...screenHeaders('self'),
    'content-security-policy': `${screenPolicy('self')}; manifest-src 'self'`,
  }
}

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  json: 'application/json; charset=utf-8',
  webmanifest: 'application/manifest+json; charset=utf-8',
  svg: 'image/svg+xml',
  png: 'image/png',
  ico: 'image/x-icon',
  webp: 'image/webp',
  woff2: 'font/woff2',
  woff: 'font/woff',
  mp3: 'audio/mpeg',
  txt: 'text/plain; charset=utf-8',
}

/** The media type of a file of a screen, by the end of its name; bytes to keep where the end is not known. */
export function mediaTypeOf(fileName: string): string {
  const end = fileName.slice(fileName.lastIndexOf('.') + 1).toLowerCase()
  return (Object.hasOwn(MEDIA_TYPES, end) && MEDIA_TYPES[end]) || 'application/octet-stream'
}
