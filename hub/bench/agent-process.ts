import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** A kiosk without Electron in a process of its own, as it runs in earnest. */
export interface AgentProcess {
  /** Address of its screen, with the token. */
  url: string
  stop(): Promise<void>
}

/** Starts `desktop/agent/kiosk.ts` on a free port. */
export async function startAgentProcess(wish: {
  name: string
  folder: string
  hubUrl: string
  code: string
}): Promise<AgentProcess> {
  const script = fileURLToPath(new URL('../../desktop/agent/kiosk.ts', import.meta.url))
  const child = spawn(
    process.execPath,
    [script, '--name', wish.name, '--hub', wish.hubUrl, '--folder', wish.folder, '--port', '0'],
    {
      env: { ...process.env, CARREL_ENROL_CODE: wish.code, CARREL_LOG: 'warn' },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  const gone = once(child, 'exit')
  const url = await new Promise<string>((resolve, reject) => {
    let text = ''
    void gone.then(() => reject(new Error('the kiosk did not start')))
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      const found = /^kiosk (\S+)$/m.exec(text)?.[1]
      if (found !== undefined) resolve(found)
    })
  })
  return {
    url,
    stop: async () => {
      child.kill('SIGTERM')
      await gone
    },
  }
}
