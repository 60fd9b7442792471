import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { afterAll } from 'vitest'

// Loaded by vitest before each test file: its temporary folder, and that of all it starts, is one of its own, which goes
// with it. So no test needs to clear away what it made there, and none can forget to.

const before = process.env['TMPDIR']
const folder = mkdtempSync(path.join(tmpdir(), 'carrel-test-'))
// Like /tmp: as root, a database's own user works there too.
chmodSync(folder, 0o1777)
process.env['TMPDIR'] = folder

// Registered before the hooks of the file, so it runs after them.
afterAll(() => {
  if (before === undefined) delete process.env['TMPDIR']
  else process.env['TMPDIR'] = before
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
})
