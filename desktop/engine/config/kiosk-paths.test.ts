import { expect, test } from 'vitest'
import { findKioskFolder } from '../process/open-kiosk.ts'
import { parseKioskArguments } from './kiosk-arguments.ts'
import { kioskFolder, systemConfigFile } from './kiosk-paths.ts'

test('[KSK-33] each name has a folder of its own, below CARREL_HOME or the user’s folder for data', () => {
  const env = { CARREL_HOME: '/data', HOME: '/home/u' }
  expect(kioskFolder('Library entrance', env)).toMatch(/^\/data\/kiosks\/library-entrance-[0-9a-f]{8}$/)
  const names = ['Door', 'door', 'Door ', '門', '门', '../../etc', '', 'x'.repeat(80), 'x'.repeat(79)]
  const folders = names.map((name) => kioskFolder(name, env))
  expect(new Set(folders).size).toBe(names.length)
  for (const folder of folders) expect(folder).toMatch(/^\/data\/kiosks\/[a-z0-9-]+$/)
  expect(kioskFolder('Door', { HOME: '/home/u' }, false)).toMatch(
    /^\/home\/u\/\.local\/share\/carrel\/kiosks\//,
  )
  expect(kioskFolder('Door', { HOME: '/home/u', XDG_DATA_HOME: '/xdg' }, false)).toMatch(/^\/xdg\/carrel\//)
  expect(kioskFolder('Door', {}, true)).toMatch(/^\/var\/lib\/carrel\/kiosks\//)
})

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
