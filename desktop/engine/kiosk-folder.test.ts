import { expect, test } from 'vitest'
import { kioskFolder } from './kiosk-folder.ts'

test('each name has a folder of its own, below CARREL_HOME or the user’s folder for data', () => {
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
