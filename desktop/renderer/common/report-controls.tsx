import { useEffect, useRef, type ReactElement, type ReactNode, type RefObject } from 'react'
import type { Level } from '#shared/domain/occupancy.ts'
import { Icon, type IconName } from '../ui/icons.tsx'
import { Shape, type Tone } from '../ui/shapes.tsx'
import { LEVELS } from './tone.ts'

/** What class names begin with: the portal's with "p-", the kiosks' with nothing. */
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
 * One button for each level. `byKey`: the keyboard is in use, and the first button takes the focus; `onTap` gets whether the tap
 * came by a key.
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

/** The answer to a report, in the place of its buttons: an icon, a heading, a sentence, and a button where there is one. */
export function ReportAnswer(props: {
  prefix: ClassPrefix
  /** Its colours; not given: plain. */
  kind?: 'thanks' | 'refused'
  icon: IconName
  title: string
  sentence?: ReactNode
  isBusy?: boolean
  /** A button. */
  children?: ReactNode
}): ReactElement {
  const { prefix, kind, icon, title, sentence, isBusy, children } = props
  return (
    <div className={`${prefix}answer`} data-kind={kind} aria-busy={isBusy}>
      <Icon name={icon} />
      <div className={`${prefix}answer-words`}>
        <h2 className={`${prefix}answer-title`}>{title}</h2>
        {sentence}
      </div>
      {children}
    </div>
  )
}

/** Undoes a report, and shows the seconds that are left for it; `secondsText` says them in words. */
export function UndoButton(props: {
  prefix: ClassPrefix
  button: RefObject<HTMLButtonElement | null>
  text: string
  secondsLeft: number
  secondsText: string
  onUndo: () => void
}): ReactElement {
  const { prefix, button, text, secondsLeft, secondsText, onUndo } = props
  return (
    <button ref={button} type="button" className={`${prefix}button ${prefix}button-undo`} onClick={onUndo}>
      <Icon name="undo" />
      <span>{text}</span>
      <Countdown prefix={prefix} secondsLeft={secondsLeft} text={secondsText} />
    </button>
  )
}

const PIPS = [1, 2, 3, 4, 5]

/** Seconds that are left, as pips that go out one by one: nothing moves or flashes. `text` says the same. */
function Countdown(props: { prefix: ClassPrefix; secondsLeft: number; text: string }): ReactElement {
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
