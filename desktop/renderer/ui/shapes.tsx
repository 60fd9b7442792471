import type { ReactElement } from 'react'

/** How a state looks: one word, one shape, one colour. */
export type Tone = 'free' | 'busy' | 'full' | 'unknown' | 'closed'

/** The shape of a tone: ring, half-filled square, octagon with bar, dashed frame with a question mark, moon. */
export function Shape({ tone }: { tone: Tone }): ReactElement {
  return (
    <svg className="shape" viewBox="0 0 100 100" aria-hidden="true" focusable="false" data-tone={tone}>
      {SHAPES[tone]}
    </svg>
  )
}

const SHAPES: Record<Tone, ReactElement> = {
  free: <circle cx="50" cy="50" r="38" fill="none" stroke="currentColor" strokeWidth="15" />,
  busy: (
    <>
      <rect x="11" y="11" width="78" height="78" rx="6" fill="none" stroke="currentColor" strokeWidth="11" />
      <rect x="11" y="50" width="78" height="39" fill="currentColor" />
    </>
  ),
  full: (
    <>
      <path d="M31 3h38l28 28v38L69 97H31L3 69V31z" fill="currentColor" />
      <rect className="shape-bar" x="22" y="41" width="56" height="18" rx="3" />
    </>
  ),
  unknown: (
    <>
      <rect
        x="8"
        y="8"
        width="84"
        height="84"
        rx="14"
        fill="none"
        stroke="currentColor"
        strokeWidth="8"
        strokeDasharray="19 12"
      />
      <path
        d="M36 41c0-9 6-15 14-15s14 6 14 14c0 10-14 11-14 22"
        fill="none"
        stroke="currentColor"
        strokeWidth="9"
        strokeLinecap="round"
      />
      <circle cx="50" cy="75" r="5.6" fill="currentColor" />
    </>
  ),
  closed: <path d="M61 8a44 44 0 1 0 31 57A36 36 0 0 1 61 8z" fill="currentColor" />,
}
