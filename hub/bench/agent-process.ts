import { startChild } from '../../build/children.ts'

/** A kiosk without Electron in a process of its own, as it runs in earnest. */
export interface AgentProcess {
  /** Address of its screen, with the token. */
  url: string
  stop(): Promise<void>
}

/** Starts `desktop/agent/kiosk.ts` on a free port; the code goes to its standard input. */
export async function startAgentProcess(options: {
  name: string
  folder: string
  hubUrl: string
  code: string
}): Promise<AgentProcess> {
  const child = startChild({
    name: 'kiosk',
    file: 'desktop/agent/kiosk.ts',
    args: ['--name', options.name, '--hub', options.hubUrl, '--folder', options.folder, '--port', '0'],
    env: { CARREL_LOG: 'silent' },
    input: `${options.code}\n`,
    hear: () => undefined,
  })
  return { url: (await child.says('kiosk ')).slice('kiosk '.length), stop: () => child.stop() }
}
