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
  | 'places'
  | 'star'
  | 'plus'
  | 'person'
  | 'people'
  | 'log'
  | 'reports'
  | 'building'
  | 'search'
  | 'filter'
  | 'edit'
  | 'trash'
  | 'exit'
  | 'eye'
  | 'eyeOff'
  | 'download'
  | 'back'
  | 'next'
  | 'mail'
  | 'key'
  | 'device'
  | 'price'
  | 'note'
  | 'inbox'

const PATHS: Record<IconName, string> = {
  inbox: 'M4 13h5l1.5 3h3L15 13h5M4 13l3-8h10l3 8v6H4z',
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
  places: 'M12 21c-4.5-4.6-7-8.2-7-11.2a7 7 0 0 1 14 0c0 3-2.5 6.6-7 11.2zM12 7.3a2.5 2.5 0 1 0 .01 0',
  star: 'M12 3.5l2.6 5.4 5.9.8-4.3 4.1 1.1 5.9L12 16.9l-5.3 2.8 1.1-5.9L3.5 9.700l5.9-.8z',
  plus: 'M12 5v14M5 12h14',
  person: 'M12 4a4 4 0 1 0 .01 0M4.5 21a7.5 7.5 0 0 1 15 0',
  people:
    'M9 5a3.5 3.5 0 1 0 .01 0M2.5 20a6.5 6.5 0 0 1 13 0M16 5.5a3.5 3.5 0 0 1 0 6.5M18 14.5a6.5 6.5 0 0 1 3.5 5.5',
  log: 'M5 3h14v18H5zM9 8h6M9 12h6M9 16h4',
  reports: 'M4 5h16v11H9l-5 4zM8 9h8M8 12.5h5',
  building: 'M4 21h16M6 21V9l6-5 6 5v12M10 21v-5h4v5M10 11.5h.01M14 11.5h.01',
  search: 'M10.5 4a6.5 6.5 0 1 0 .01 0M15.5 15.5 21 21',
  filter: 'M4 7h16M7 12h10M10 17h4',
  edit: 'M4 20l1-4L16.5 4.5l3 3L8 19zM14 7l3 3',
  trash: 'M4 7h16M9 7V4h6v3M6 7l1 14h10l1-14M10 11v6M14 11v6',
  exit: 'M14 4H5v16h9M10 12h11M17 8l4 4-4 4',
  eye: 'M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12zM12 9.5a2.5 2.5 0 1 0 .01 0',
  eyeOff:
    'M3 3l18 18M9.5 6A9 9 0 0 1 12 5.5c6 0 9.5 6.5 9.5 6.5a17 17 0 0 1-3 3.6M6.5 7.8A16 16 0 0 0 2.5 12s3.5 6.5 9.5 6.5a9 9 0 0 0 4-.9',
  download: 'M12 4v11M7 10.5l5 5 5-5M4 20h16',
  back: 'M15 5l-7 7 7 7',
  next: 'M9 5l7 7-7 7',
  mail: 'M3 5h18v14H3zM3 7l9 7 9-7',
  key: 'M8 11a4 4 0 1 0 .01 0M11 13.5 20 4.5M16.5 8l3 3',
  device: 'M4 4h16v12H4zM9 20h6M12 16v4',
  price: 'M12 3a9 9 0 1 0 .01 0M15 9a3.5 3.5 0 1 0 0 6M8 11h5M8 13.5h5',
  note: 'M5 4h14v10l-6 6H5zM13 20v-6h6',
}

/** A small picture beside a word that says the same. */
export function Icon({ name }: { name: IconName }): ReactElement {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  )
}
