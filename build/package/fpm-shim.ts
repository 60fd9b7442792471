// Stands in for the program `fpm` where electron-builder calls it (CUSTOM_FPM_PATH).
import process from 'node:process'
import { makeDeb } from './make-deb.ts'

makeDeb(process.argv.slice(2))
