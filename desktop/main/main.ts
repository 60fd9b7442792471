import { join } from 'node:path'
import process from 'node:process'
import { app, BrowserWindow, ipcMain, Menu, powerSaveBlocker, protocol } from 'electron/main'
import { makeDeviceClock } from '../engine/clock/device-clock.ts'
import { makeJsonLog } from '../engine/log/json-log.ts'
import { argumentsOf } from './split-arguments.ts'
import { runMain } from './run-main.ts'

// The only file that imports values of Electron. Bundled to dist/shell/main.js, so paths are from there. Nothing in here, nor in
// what it imports, may await at the top level: Electron is not ready before this module was evaluated. [SHL-1]

/** Replaced by the bundler. [SHL-12] */
declare const CARREL_VERSION: string

const clock = makeDeviceClock()

runMain(
  { app, BrowserWindow, ipcMain, Menu, powerSaveBlocker, protocol },
  {
    args: argumentsOf(process.argv, 'defaultApp' in process),
    env: process.env,
    appVersion: CARREL_VERSION,
    clock,
    log: makeJsonLog((line) => process.stderr.write(line), clock.wallMs, process.env['CARREL_LOG']),
    preloadFile: join(import.meta.dirname, 'preload.cjs'),
    screenFolder: join(import.meta.dirname, '..', 'renderer'),
    process,
    print: (line) => process.stdout.write(`${line}\n`),
    say: (sentence) => process.stderr.write(`${sentence}\n`),
  },
)
