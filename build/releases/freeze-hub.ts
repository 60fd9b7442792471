import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { gzipSync } from 'node:zlib'
import { ROOT, say } from '../launcher.mjs'

// Keeps the program of a hub as of a commit, so that later ones prove that both go on beside each other. Its packages are not
// kept: those of the checkout serve it. It is given a version, since of two hubs of one version each takes the database's
// functions for its own. Once, at a release or at a change of what hubs share:
//   node build/releases/freeze-hub.ts COMMIT NAME VERSION

/** What no running hub has: tests, measurements, the simulation. */
const LEFT_OUT = /\.test\.ts$|\/testing[^/]*(\.ts$|\/)|^hub\/(bench|simulation)\//

const [commit, name, version] = process.argv.slice(2)
if (commit === undefined || name === undefined || version === undefined) {
  say('Which commit, and under what name and version? node build/releases/freeze-hub.ts COMMIT NAME VERSION')
  process.exitCode = 2
} else freezeHub(commit, name, version)

function freezeHub(from: string, folder: string, as: string): void {
  const git = (...args: string[]): string =>
    execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', maxBuffer: 2 ** 26 })
  const all = git('ls-tree', '-r', '--name-only', from, 'hub', 'shared', 'package.json').trim().split('\n')
  const files = Object.fromEntries(
    all.flatMap((file) => (LEFT_OUT.test(file) ? [] : [[file, git('show', `${from}:${file}`)]])),
  )
  files['package.json'] = (files['package.json'] ?? '').replace(/"version": "[^"]*"/, `"version": "${as}"`)
  const target = path.join(ROOT, 'build/releases', folder)
  mkdirSync(target, { recursive: true })
  const frozen = { commit: git('rev-parse', from).trim(), files }
  writeFileSync(path.join(target, 'hub.json.gz'), gzipSync(JSON.stringify(frozen), { level: 9 }))
  say(`${Object.keys(files).length} files of ${frozen.commit} are in build/releases/${folder}/hub.json.gz.`)
}
