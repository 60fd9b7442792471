// `npm test`: installs what is missing, then goes on under Node 24 in test-house.ts.
import process from 'node:process'
import { runInHouse } from './house.mjs'

process.exitCode = await runInHouse('build/test-house.ts', process.argv.slice(2))
