// Runs electron-builder in a process of its own: its environment (caches, home, tools) are then ours to choose, and its many
// lines are shown only when it fails. Called by build/package.ts with one file that says what to do.
import { readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { Arch, build, Platform, type Configuration } from 'electron-builder'

/** What is packed, and how. */
export interface BuilderTask {
  projectDir: string
  config: Configuration
  target: 'dir' | 'deb'
  arch: 'x64' | 'arm64'
}

const [file = ''] = process.argv.slice(2)
const { projectDir, config, target, arch } = JSON.parse(readFileSync(file, 'utf8')) as BuilderTask
await build({
  projectDir,
  publish: 'never',
  targets: Platform.LINUX.createTarget(target, Arch[arch]),
  config: {
    ...config,
    // Our staged folder holds the one module that is needed: nobody shall ask npm which others there are.
    beforeBuild: () => Promise.resolve(false),
    // Electron's demonstration app, which is only removed from archives that the builder fetched itself.
    afterPack: ({ appOutDir }) => {
      for (const name of ['resources/default_app.asar', 'version'])
        rmSync(path.join(appOutDir, name), { force: true })
      return Promise.resolve()
    },
  },
})
