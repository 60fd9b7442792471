import { expect, test } from 'vitest'
import { argumentsOf, splitArguments } from './split-arguments.ts'

test.each([
  '--password-store=basic',
  '--lang=sl',
  '--touch-events=enabled',
  '--ozone-platform=wayland',
  '--ozone-platform-hint=auto',
  '--enable-features=UseOzonePlatform,WaylandWindowDecorations',
  '--disable-gpu',
  '--force-device-scale-factor=1.5',
  '--high-dpi-support=1',
  '--user-data-dir=/tmp/x',
  '--window-size=800,600',
  '--window-position=0,0',
  '--proxy-server=proxy.example.edu:3128',
  '--auth-server-whitelist=*.example.edu',
  '--js-flags=--max-old-space-size=256',
  '--log-level=1',
  '--v=1',
  '--inspect=0',
  '--xdg-portal-required-version=4',
  '--start-maximized',
  '--kiosk',
  '--incognito',
  '--type=x',
  '--app=x',
])('[SHL-6] %s is left to Chromium, wherever it stands', (argument) => {
  const own = ['--name', 'Door', '--hub=https://hub.example', '--window']
  for (const args of [
    [argument, ...own],
    [...own.slice(0, 2), argument, ...own.slice(2)],
    [...own, argument],
  ])
    expect(splitArguments(args)).toEqual({
      ok: true,
      value: { own, switches: [argument.replace(/=.*/, '')] },
    })
})

test('[SHL-6] the value of an option of ours is never taken for a switch', () => {
  const own = ['--name', '--disable-gpu', '--code', '--lang=sl']
  expect(splitArguments(own)).toEqual({ ok: true, value: { own, switches: [] } })
})

test.each([
  ['--nmae', '--name'],
  ['--nam=Door', '--name'],
  ['--hubs', '--hub'],
  ['--hub-url=https://hub.example', '--hub'],
  ['--cofig', '--config'],
  ['--config-file', '--config'],
  ['--windw', '--window'],
  ['--protal', '--portal'],
  ['--foldr', '--folder'],
  ['--Name', '--name'],
])('[SHL-6] %s is a slip of the pen: %s was meant', (argument, meant) => {
  const taken = splitArguments([argument, 'x'])
  expect(!taken.ok && taken.refusal).toMatch(
    new RegExp(`^There is no option --.+; did you mean ${meant}\\? `),
  )
})

test('[SHL-6] a value that stands apart from a switch is answered with how it is written; what is no option at all is refused', () => {
  expect(splitArguments(['--lang', 'sl'])).toEqual({
    ok: false,
    refusal: "--lang is a switch of Chromium's: its value is written --lang=sl.",
  })
  expect(splitArguments(['Door', '-x'])).toEqual({ ok: true, value: { own: ['Door', '-x'], switches: [] } })
})

test('[SHL-6] the arguments begin after the program, and after the file that Electron’s own program was given', () => {
  expect(argumentsOf(['/opt/carrel', '--name', 'Door'], false)).toEqual(['--name', 'Door'])
  expect(argumentsOf(['/x/electron', 'dist/shell/main.js', '--name', 'Door'], true)).toEqual([
    '--name',
    'Door',
  ])
  expect(argumentsOf(['/x/electron', '--lang=sl', 'dist/shell/main.js', '--window'], true)).toEqual([
    '--lang=sl',
    '--window',
  ])
  expect(argumentsOf(['/x/electron'], true)).toEqual([])
})
