// `npm run <name> -- …`: starts a command of the project under Node 24, whichever Node npm itself runs on.
import { existsSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { ROOT, runUnderNode24, say } from './launcher.mjs'

/** @type {Record<string, string>} */
const COMMANDS = {
  check: 'build/check.ts',
  hub: 'hub/main.ts',
  kiosk: 'desktop/agent/kiosk.ts',
  admin: 'hub/cli.ts',
  replay: 'hub/simulation/replay/main.ts',
  bench: 'hub/bench/main.ts',
  prove: 'hub/simulation/prove.ts',
  mutants: 'build/mutants.ts',
  screenshots: 'build/screenshots.ts',
  sizes: 'build/report-sizes.ts',
  package: 'build/package.ts',
}

/** What serves pages to people; asked for one text, they serve none. */
const SERVERS = ['hub', 'kiosk']
const TEXTS = ['--help', '-h', '--export']

const [name, ...args] = process.argv.slice(2)
const file = name === undefined ? undefined : COMMANDS[name]
if (file === undefined) {
  process.stderr.write(`usage: node build/run.mjs ${Object.keys(COMMANDS).join('|')} …\n`)
  process.exitCode = 2
} else if (existsSync(path.join(ROOT, file))) {
  if (SERVERS.includes(name ?? '') && !args.some((word) => TEXTS.includes(word))) await buildScreens()
  process.exitCode = await runUnderNode24(file, args)
} else {
  process.stderr.write(`Cannot run ${name}: there is no file ${file}. This copy of Carrel is not complete.\n`)
  process.exitCode = 1
}

/** Where that cannot be, for example in a folder of somebody else's, it is said, and what was asked is done all the same. */
async function buildScreens() {
  if ((await runUnderNode24('build/build-screens.ts', [])) !== 0) say('the screens could not be rebuilt')
}
