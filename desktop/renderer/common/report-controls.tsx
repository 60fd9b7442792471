import { useEffect, useRef, type ReactElement, type ReactNode, type RefObject } from 'react'
import type { Level } from '#shared/domain/occupancy.ts'
import { Icon, type IconName } from '../ui/icons.tsx'
import { Shape, type Tone } from '../ui/shapes.tsx'
import { ignoreHeldKey, isSecondTap } from './tap-guard.ts'
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
 * One button for each level. `focusOn`: the keyboard is in use, and the button of this level takes the focus when they come;
 * `isGuarded`: a tap may still be meant for what stood here before; `onTap` gets whether the tap came by a key. [SCR-20]
 */
export function LevelButtons(props: {
  prefix: ClassPrefix
  /** The level whose report is being sent; null: none is. */
  saving: Level | null
  isDisabled?: boolean
  isGuarded: boolean
  focusOn: Level | null
  toneWord: (tone: Tone) => string
  onTap: (level: Level, byKey: boolean) => void
}): ReactElement {
  const { prefix, saving, isDisabled, isGuarded, focusOn, toneWord, onTap } = props
  const wanted = useRef<HTMLButtonElement>(null)
  // Only when they come: a finger moves nothing, and what is chosen later is focused already.
  useEffect(() => wanted.current?.focus(), [])
  return (
    <div className={`${prefix}report-buttons`} data-guarded={isGuarded}>
      {LEVELS.map(({ level, tone }) => (
        <button
          key={level}
          ref={level === focusOn ? wanted : null}
          type="button"
          className={`${prefix}report-button`}
          data-tone={tone}
          data-saving={saving === level}
          aria-disabled={isDisabled}
          onKeyDown={ignoreHeldKey}
          onClick={(event) => {
            if (isGuarded || isSecondTap(event)) return
            onTap(level, document.activeElement?.matches(':focus-visible') ?? false)
          }}
        >
          <StateMark prefix={prefix} tone={tone} />
          <span>{toneWord(tone)}</span>
        </button>
      ))}
    </div>
  )
}

/**
 * The answer to a report, in the place of its buttons: an icon, a heading, a sentence, and a button where there is one. Whoever
 * came `byKey` finds the focus on that button at each new `step`, or on the answer where it has none.
 */
export function ReportAnswer(props: {
  prefix: ClassPrefix
  /** Its colours; not given: plain. */
  kind?: 'thanks' | 'refused'
  icon: IconName
  title: string
  sentence?: ReactNode
  isBusy?: boolean
  byKey: boolean
  step: string
  /** A button. */
  children?: ReactNode
}): ReactElement {
  const { prefix, kind, icon, title, sentence, isBusy, byKey, step, children } = props
  const answer = useAnswerFocus(byKey, step)
  return (
    <div ref={answer} className={`${prefix}answer`} data-kind={kind} aria-busy={isBusy} tabIndex={-1}>
      <Icon name={icon} />
      <div className={`${prefix}answer-words`}>
        <h2 className={`${prefix}answer-title`}>{title}</h2>
        {sentence}
      </div>
      {children}
    </div>
  )
}

/** Takes the focus at each new `step` to an answer's last button, or to the answer itself; see `ReportAnswer`. */
export function useAnswerFocus(byKey: boolean, step: string): RefObject<HTMLDivElement | null> {
  const answer = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (byKey) ([...(answer.current?.querySelectorAll('button') ?? [])].at(-1) ?? answer.current)?.focus()
  }, [byKey, step])
  return answer
}

/** A button in an answer. A second tap at the spot of what stood there before is not for it. [SCR-20] */
export function AnswerButton(props: {
  prefix: ClassPrefix
  isUndo?: boolean
  onPress: () => void
  children: ReactNode
}): ReactElement {
  const { prefix, isUndo, onPress, children } = props
  return (
    <button
      type="button"
      className={`${prefix}button${isUndo === true ? ` ${prefix}button-undo` : ''}`}
      onKeyDown={ignoreHeldKey}
      onClick={(event) => {
        if (!isSecondTap(event)) onPress()
      }}
    >
      {children}
    </button>
  )
}

/** Undoes a report, and shows the seconds that are left for it; `secondsText` says them in words. */
export function UndoButton(props: {
  prefix: ClassPrefix
  text: string
  secondsLeft: number
  secondsText: string
  onUndo: () => void
}): ReactElement {
  const { prefix, text, secondsLeft, secondsText, onUndo } = props
  return (
    <AnswerButton prefix={prefix} isUndo onPress={onUndo}>
      <Icon name="undo" />
      <span>{text}</span>
      <Countdown prefix={prefix} secondsLeft={secondsLeft} text={secondsText} />
    </AnswerButton>
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
