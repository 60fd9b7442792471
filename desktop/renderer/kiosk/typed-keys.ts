import { useEffect, useEffectEvent } from 'react'

/**
 * A real keyboard beside a pad of the screen's own keys: `type` gets each character and what is pasted, `erase` is for Backspace;
 * keys held with Ctrl, Alt or the like are the browser's. It listens once: a listener that is changed with each drawing is not
 * there yet for a key on which the screen is drawn anew. [SCR-16]
 */
export function useTypedKeys(typed: { type(text: string): void; erase(): void }): void {
  const onKey = useEffectEvent((event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    if (event.key === 'Backspace') typed.erase()
    else if (event.key.length === 1) typed.type(event.key)
  })
  const onPaste = useEffectEvent((event: ClipboardEvent): void =>
    typed.type(event.clipboardData?.getData('text') ?? ''),
  )
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => onKey(event)
    const paste = (event: ClipboardEvent): void => onPaste(event)
    window.addEventListener('keydown', listen)
    window.addEventListener('paste', paste)
    return () => {
      window.removeEventListener('keydown', listen)
      window.removeEventListener('paste', paste)
    }
  }, [])
}
