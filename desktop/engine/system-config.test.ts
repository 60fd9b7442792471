import { expect, test } from 'vitest'
import { parseKioskArguments } from './kiosk-arguments.ts'
import { findKioskFolder } from './open-kiosk.ts'
import { systemConfigFile } from './system-config.ts'

test('[SHL-10] an installed kiosk’s configuration lies where the platform keeps such files', () => {
  expect(systemConfigFile('linux', {})).toBe('/etc/carrel/kiosk.json')
  expect(systemConfigFile('win32', { ProgramData: 'D:\\Data' })).toBe('D:\\Data\\Carrel\\kiosk.json')
  expect(systemConfigFile('win32', {})).toBe('C:\\ProgramData\\Carrel\\kiosk.json')
  expect(systemConfigFile('darwin', {})).toBe('/Library/Application Support/Carrel/kiosk.json')
})

test('[SHL-10] without a name, a hub and a file that very file is read', () => {
  const args = parseKioskArguments([])
  const folder = args.ok && findKioskFolder(args.value, {})
  expect(folder).toMatchObject({ ok: false, refusal: expect.stringContaining(systemConfigFile()) })
})
