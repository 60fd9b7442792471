/**
 * Sets how many px a millimetre has on this device, from the page's address ("?px-per-mm=5.9"), where the address says
 * so; otherwise the style sheet's guess by the screen's size stays.
 */
export function calibrate(element: HTMLElement, search: string): void {
  const pxPerMm = Number(new URLSearchParams(search).get('px-per-mm') ?? Number.NaN)
  if (pxPerMm >= 1 && pxPerMm <= 30) element.style.setProperty('--px-per-mm', String(pxPerMm))
}
