import type { ReactElement } from 'react'

/** Names of the small pictures beside words. */
export type IconName =
  | 'seat'
  | 'wifi'
  | 'plug'
  | 'quiet'
  | 'step'
  | 'tools'
  | 'clock'
  | 'text'
  | 'contrast'
  | 'moon'
  | 'reach'
  | 'service'
  | 'undo'
  | 'erase'
  | 'down'
  | 'offline'
  | 'way'
  | 'alert'
  | 'close'
  | 'check'

const PATHS: Record<IconName, string> = {
  seat: 'M7 4v9h9l2 7M7 13l-1 7M7 9h6',
  wifi: 'M3 9a13 13 0 0 1 18 0M6.5 12.7a8 8 0 0 1 11 0M10 16.4a3 3 0 0 1 4 0M12 19.6v.1',
  plug: 'M9 3v5M15 3v5M6 8h12v3a6 6 0 0 1-12 0zM12 17v4',
  quiet: 'M4 10v4h4l5 4V6L8 10zM17 9l5 6M22 9l-5 6',
  step: 'M3 20h18M5 20l13-9M18 5v6',
  tools: 'M3 5h18v11H3zM9 20h6M12 16v4',
  clock: 'M12 3a9 9 0 1 0 .01 0M12 7v5l4 2',
  text: 'M3 19 9 5l6 14M5 14h8M15 19l3.5-8L22 19M16.2 16.5h4.6',
  contrast: 'M12 3a9 9 0 1 0 .01 0M12 3v18M12 6a6 6 0 0 1 0 12',
  moon: 'M14 3a9 9 0 1 0 7 12A8 8 0 0 1 14 3z',
  reach: 'M12 3v11M7 9l5 5 5-5M4 20h16',
  service: 'M12 3a9 9 0 1 0 .01 0M12 11v6M12 7.4v.1',
  undo: 'M8 5 4 9l4 4M4 9h10a6 6 0 0 1 0 12H9',
  erase: 'M9 5h12v14H9l-6-7zM12 9l6 6M18 9l-6 6',
  down: 'M5 9l7 7 7-7',
  offline: 'M3 3l18 18M5 12a10 10 0 0 1 4-2.6M12 9a10 10 0 0 1 7 3M9 15.5a4.5 4.5 0 0 1 4-1.3M12 19v.1',
  way: 'M5 12h14M13 6l6 6-6 6',
  alert: 'M12 4 2.5 20h19zM12 10v4M12 17v.1',
  close: 'M5 5l14 14M19 5 5 19',
  check: 'M4 13l5 5L20 6',
}

/** A small picture beside a word that says the same. */
export function Icon({ name }: { name: IconName }): ReactElement {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  )
}
