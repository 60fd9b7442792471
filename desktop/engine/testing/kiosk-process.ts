// A kiosk without a screen as a process of its own, for tests that kill or stop one: `node desktop/engine/testing/kiosk-process.ts HUB FOLDER`.
// It enrols with any code, prints the slices of its screen but the spaces as JSON lines, makes the reports that it reads as
// `SPACE LEVEL` on standard input, prints their answers, and ends as the agent does when its engine must be started again.
import process from 'node:process'
import { createInterface } from 'node:readline'
import { makeDeviceClock } from '../clock/device-clock.ts'
import { openKiosk } from '../process/open-kiosk.ts'

const [hubUrl = '', folder = ''] = process.argv.slice(2)
const print = (line: unknown): void => void process.stdout.write(`${JSON.stringify(line)}\n`)

const opened = openKiosk(
  {
    name: 'Floor',
    hubUrl,
    folder,
    configFile: null,
    code: null,
    port: null,
    isWindow: false,
    isHelp: false,
    isExport: false,
  },
  {
    env: {},
    appVersion: '0.0.1',
    clock: makeDeviceClock(),
    log: { info: (code) => print({ code }), warn: (code, _sentence, facts) => print({ code, ...facts }) },
  },
)
if (!opened.ok) throw new Error(opened.refusal)
const { engine } = opened.value
engine.subscribe((name, value) => {
  if (name !== 'spaces') print({ slice: name, value })
})
// Its own tenths of a second: they come late when the process gets no time, and so does all that it does by time.
setInterval(() => print({ tick: true }), 100).unref()
engine.start()
void engine.enrolWith('CODE')
void engine.failed.then((why) => {
  print({ failed: why })
  setTimeout(() => process.exit(70), 250)
})
createInterface({ input: process.stdin }).on('line', (line) => {
  const [spaceId, level] = line.split(' ').map(Number)
  void engine.call('reportOccupancy', { spaceId, level }).then((answer) => print({ answer }))
})
