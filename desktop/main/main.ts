import { join } from 'node:path'
import process from 'node:process'
import { app, BrowserWindow, ipcMain, Menu, protocol } from 'electron/main'
import { makeDeviceClock } from '../engine/device-clock.ts'
import { makeJsonLog } from '../engine/json-log.ts'
import { runMain } from './run-main.ts'

// The only file that imports values of Electron. Bundled to dist/shell/main.js, so paths are from there.

const clock = makeDeviceClock()

process.exitCode = await runMain(
  { app, BrowserWindow, ipcMain, Menu, protocol },
  {
    args: process.argv.slice(app.isPackaged ? 1 : 2),
    env: process.env,
    clock,
    log: makeJsonLog((line) => process.stderr.write(line), clock.wallMs, process.env['CARREL_LOG']),
    preloadFile: join(import.meta.dirname, 'preload.cjs'),
    screenFolder: join(import.meta.dirname, '..', 'renderer'),
    print: (line) => process.stdout.write(`${line}\n`),
    say: (sentence) => process.stderr.write(`${sentence}\n`),
  },
)
