import { isBuiltin } from 'node:module'
import { readdirSync, readFileSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createContext, Script } from 'node:vm'
import { build } from 'vite'
import { expect, test } from 'vitest'
import { mainConfig, preloadConfig } from './vite.main.ts'

test('[BRG-4] the preload is one CommonJS file that requires electron only and exposes two functions', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'carrel-preload-'))
  await build(preloadConfig(folder))
  expect(readdirSync(folder)).toEqual(['preload.cjs'])
  const code = readFileSync(path.join(folder, 'preload.cjs'), 'utf8')
  const required: string[] = []
  const exposed: Record<string, object> = {}
  const electron = {
    contextBridge: { exposeInMainWorld: (name: string, value: object) => (exposed[name] = value) },
    ipcRenderer: {},
  }
  const require = (name: string): unknown => {
    required.push(name)
    return electron
  }
  // A sandboxed preload has no process, no Buffer and no files; whatever reached for them would throw here.
  new Script(code).runInContext(createContext({ require, exports: {}, module: { exports: {} } }))
  expect(required).toEqual(['electron'])
  expect(Object.keys(exposed)).toEqual(['bridge'])
  expect(Object.keys(exposed['bridge'] ?? {})).toEqual(['call', 'onSlice'])
  expect(code.length).toBeLessThan(2_000)
})

test('[BRG-4] the main process is one module that imports electron, better-sqlite3 and Node only', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'carrel-main-'))
  await build(mainConfig(folder))
  expect(readdirSync(folder)).toEqual(['main.js'])
  const code = readFileSync(path.join(folder, 'main.js'), 'utf8')
  const imported = [...code.matchAll(/^import .*from "([^"]+)";?$/gm)].map(([, name]) => name ?? '')
  expect(imported).toContain('electron/main')
  expect(imported).toContain('better-sqlite3')
  expect(
    imported
      .filter((name) => !/^(node:|electron\/main$|better-sqlite3$)/.test(name))
      .filter((name) => !isBuiltin(name)),
  ).toEqual([])
}, 30_000)
