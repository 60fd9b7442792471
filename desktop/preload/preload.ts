import { contextBridge, ipcRenderer } from 'electron'
import type { Bridge, SliceName, Slices } from '#shared/wire/bridge.ts'

// All that a page can reach outside itself: two functions. This file never grows. [BRG-1] [BRG-4]

const bridge: Bridge = {
  call: (name, input) => ipcRenderer.invoke('call', name, input),
  onSlice: (listen) => {
    const forward = (_event: unknown, name: SliceName, value: Slices[SliceName]): void => listen(name, value)
    ipcRenderer.on('slice', forward)
    ipcRenderer.send('listen')
    return () => void ipcRenderer.off('slice', forward)
  },
}

contextBridge.exposeInMainWorld('bridge', bridge)
