import { readFileSync } from 'node:fs'

/** This hub's version, as package.json names it. */
export function readHubVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}
