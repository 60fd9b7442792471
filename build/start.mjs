// `npm start`: installs what is missing, then goes on under Node 24 in start-all.ts.
import process from 'node:process'
import { runUnderNode24 } from './launcher.mjs'

const HELP = `npm start

Installs missing packages, builds the screens, starts a hub with its own PostgreSQL, loads a demo campus into an empty
database, and starts one entrance kiosk and one door kiosk. Prints progress on standard error and these lines on standard
output:

  hub http://…
  portal http://…/
  sign in as … with …            (first start only: demo passwords are not stored;
                                 "npm run admin -- demo passwords" creates new ones)
  entrance kiosk http://…        (the word "window" where Electron shows it within 20 s)
  door kiosk http://…
  ready

Without a mail server, each email is shown on standard error with its link and its file. Ctrl-C stops everything.

environment
  CARREL_PORT    port of the hub (4710); the kiosks use the next two, the metrics the ninth after it
  CARREL_HOME    folder of all data
  DATABASE_URL   your own PostgreSQL 18 instead of the embedded one
  CARREL_LOG     log level of the hub: error, warn, info or debug (warn)
  NODE_ENV       production: no demo campus, kiosks or people are created
`

const args = process.argv.slice(2)
if (args.includes('--help') || args.includes('-h')) {
  process.stdout.write(HELP)
} else if (args.length > 0) {
  process.stderr.write(`There is no option ${args[0]}. "npm start -- --help" shows all options.\n`)
  process.exitCode = 2
} else {
  process.exitCode = await runUnderNode24('build/start-all.ts', [])
}
