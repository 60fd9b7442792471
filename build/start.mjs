// `npm start`: installs what is missing, then goes on under Node 24 in start-all.ts.
import process from 'node:process'
import { runUnderNode24 } from './launcher.mjs'

const HELP = `npm start

Installs what is missing, builds the screens, starts a hub on a PostgreSQL of its own, loads a demo campus into an empty
database, and starts one entrance kiosk and one door kiosk. Prints progress on standard error and these lines on standard
output:

  hub http://…
  portal http://…/
  sign in as … with …            (at the first start only: the passwords of the demo's people are kept nowhere;
                                 "npm run admin -- demo passwords" makes new ones)
  entrance kiosk http://…        (the word "window" where Electron shows it within 20 s)
  door kiosk http://…
  ready

Without a mail server each mail is told on standard error, with its link and its file. Ctrl-C stops everything.

environment
  CARREL_PORT    port of the hub (4710); the kiosks use the next two, the metrics the ninth after it
  CARREL_HOME    folder of all data
  DATABASE_URL   a PostgreSQL 18 of yours instead of the embedded one
  CARREL_LOG     how much the hub says: error, warn, info (warn), debug
  NODE_ENV       production: no demo campus, no demo kiosks and no demo people are made
`

const args = process.argv.slice(2)
if (args.includes('--help') || args.includes('-h')) {
  process.stdout.write(HELP)
} else if (args.length > 0) {
  process.stderr.write(`unknown argument ${args[0]}; "npm start -- --help" lists what there is\n`)
  process.exitCode = 2
} else {
  process.exitCode = await runUnderNode24('build/start-all.ts', [])
}
