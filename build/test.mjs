// `npm test`: installs what is missing, then goes on under Node 24 in run-tests.ts.
import process from 'node:process'
import { runUnderNode24 } from './launcher.mjs'

process.exitCode = await runUnderNode24('build/run-tests.ts', process.argv.slice(2))
