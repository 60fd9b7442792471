import { useEffect, useRef, type ReactElement, type RefObject } from 'react'
import type { Level } from '#shared/domain/occupancy.ts'
import { Shape, type Tone } from '../ui/shapes.tsx'
import { LEVELS } from './tone.ts'

/** What class names of a face begin with: the portal's with "p-", the kiosks' with nothing. */
type ClassPrefix = '' | 'p-'

/** A small tile in the colour of a state, with its shape. */
export function StateMark({ prefix, tone }: { prefix: ClassPrefix; tone: Tone }): ReactElement {
  return (
    <span className={`${prefix}mark`} data-tone={tone}>
      <Shape tone={tone} />
    </span>
  )
}

/**
 * One button for each level. `byKey`: somebody is led on by keys, and the first button takes the focus; `onTap` hears the same of
 * the tap.
 */
export function LevelButtons(props: {
  prefix: ClassPrefix
  /** The level whose report is being sent; null: none is. */
  saving: Level | null
  isDisabled?: boolean
  byKey: boolean
  toneWord: (tone: Tone) => string
  onTap: (level: Level, byKey: boolean) => void
}): ReactElement {
  const { prefix, saving, isDisabled, byKey, toneWord, onTap } = props
  const first = useFocusWhen<HTMLButtonElement>(byKey, 'question')
  return (
    <div className={`${prefix}report-buttons`}>
      {LEVELS.map(({ level, tone }, index) => (
        <button
          key={level}
          ref={index === 0 ? first : null}
          type="button"
          className={`${prefix}report-button`}
          data-tone={tone}
          data-saving={saving === level}
          aria-disabled={isDisabled}
          onClick={() => onTap(level, document.activeElement?.matches(':focus-visible') ?? false)}
        >
          <StateMark prefix={prefix} tone={tone} />
          <span>{toneWord(tone)}</span>
        </button>
      ))}
    </div>
  )
}

/** Takes the focus to an element when it comes and at each new `step`: what was pressed by a key is gone. A finger moves nothing. */
export function useFocusWhen<Focused extends HTMLElement>(
  byKey: boolean,
  step: string,
): RefObject<Focused | null> {
  const element = useRef<Focused>(null)
  useEffect(() => {
    if (byKey) element.current?.focus()
  }, [byKey, step])
  return element
}

const PIPS = [1, 2, 3, 4, 5]

/** Seconds that are left, as pips that go out one by one: nothing moves or flashes. `text` says the same. */
export function Countdown(props: { prefix: ClassPrefix; secondsLeft: number; text: string }): ReactElement {
  const { prefix, secondsLeft, text } = props
  return (
    <span className={`${prefix}pips`}>
      <span className="hidden">{text}</span>
      {PIPS.map((pip) => (
        <span key={pip} className={`${prefix}pip`} data-on={pip <= secondsLeft} aria-hidden="true" />
      ))}
    </span>
  )
}
