/** How many px a millimetre has, as the page's address says ("?px-per-mm=5.9"); null where it does not. */
export function pxPerMmOf(search: string): number | null {
  const pxPerMm = Number(new URLSearchParams(search).get('px-per-mm') ?? Number.NaN)
  return pxPerMm >= 1 && pxPerMm <= 40 ? pxPerMm : null
}

/** Sets how many px a millimetre has on this device; null leaves the style sheet's guess by the screen's size. */
export function calibrate(element: HTMLElement, pxPerMm: number | null): void {
  if (pxPerMm !== null) element.style.setProperty('--px-per-mm', String(pxPerMm))
}
