import { ElectronDouble } from './electron-double.ts'

// What a bundle gets for `electron/main` where it runs under Node: one double for the process.

/** The double behind the module. */
export const electron = new ElectronDouble(undefined, false)

const parts = electron.parts()
export const app = electron.app
export const { BrowserWindow, ipcMain, Menu, powerSaveBlocker, protocol } = parts
