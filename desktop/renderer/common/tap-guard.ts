import { useEffect, useState } from 'react'

/** How long controls that took the place of something else take no tap and no key, ms. [SCR-20] */
export const GUARD_MS = 1_000

/**
 * Whether a tap or a key may still have been meant for what stood here before: as long as something covers the controls, and
 * for a second after it. What was never covered is open at once, unless it `comesUnasked` itself. [SCR-20]
 */
export function useTapGuard(isCovered: boolean, comesUnasked = false): boolean {
  const [guard, setGuard] = useState({ isCovered, isOn: isCovered || comesUnasked })
  if (guard.isCovered !== isCovered) setGuard({ isCovered, isOn: true })
  useEffect(() => {
    if (guard.isCovered || !guard.isOn) return
    const timer = setTimeout(() => setGuard({ isCovered: false, isOn: false }), GUARD_MS)
    return () => clearTimeout(timer)
  }, [guard])
  return guard.isOn
}

/** Whether a click is the second tap of a double one, whose first was for what stood at the same spot. [SCR-20] */
export function isSecondTap({ detail }: { detail: number }): boolean {
  return detail > 1
}

/** Keeps a held Enter from pressing what took the focus from the control that it was pressed on. [SCR-20] */
export function ignoreHeldKey(event: { repeat: boolean; key: string; preventDefault(): void }): void {
  if (event.repeat && event.key === 'Enter') event.preventDefault()
}
