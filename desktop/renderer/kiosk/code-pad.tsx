import { useEffect, useRef, useState, type ReactElement } from 'react'
import { Icon } from '../ui/icons.tsx'
import { useKioskHandle, useKiosk } from './kiosk-context.ts'
import { useTypedKeys } from './typed-keys.ts'
import { useWords } from './words.ts'

/** The screen's own keys for an enrolment code: system keyboards hide under a full screen. A real keyboard works too. */
export function CodePad(): ReactElement {
  const { actions } = useKioskHandle()
  const { t, refusal } = useWords()
  const code = useKiosk((state) => state.code)
  const { isAsking, refusal: refused } = useKiosk((state) => state.session.enrolling)
  const type = (text: string): void => {
    if (refused !== null) actions.clearEnrolling()
    actions.changeCode((before) => codeWith(before, text))
  }
  const erase = (): void => actions.changeCode(codeWithout)
  const pad = useRef<HTMLDivElement>(null)
  const go = useRef<HTMLButtonElement>(null)
  // Typed on a real keyboard: its Enter is to send, and not to press the letter that happens to have the focus. [SCR-16]
  const [isTyped, setTyped] = useState(false)
  const isWhole = code.length === CODE_LENGTH
  useEffect(() => {
    const { activeElement } = document
    if (!isTyped) return
    if (isWhole) go.current?.focus()
    else if (activeElement instanceof HTMLElement && pad.current?.contains(activeElement) === true)
      activeElement.blur()
  }, [isTyped, isWhole])
  useTypedKeys({
    type: (text) => {
      setTyped(true)
      type(text)
    },
    erase: () => {
      setTyped(true)
      erase()
    },
  })
  const tap = (change: () => void): void => {
    setTyped(false)
    change()
  }
  return (
    <div className="code-pad" ref={pad}>
      <CodeBoxes code={code} />
      <p className="code-said" data-wrong={refused !== null} aria-live="polite">
        {refused === null ? t('setup.codeEntered', { count: code.length }) : refusal(refused.why)}
      </p>
      <div className="keys" role="group" aria-label={t('setup.code')}>
        {[...CODE_ALPHABET].map((letter) => (
          <button key={letter} type="button" className="key" onClick={() => tap(() => type(letter))}>
            {letter}
          </button>
        ))}
        <button type="button" className="key" aria-label={t('setup.erase')} onClick={() => tap(erase)}>
          <Icon name="erase" />
        </button>
        <button
          ref={go}
          type="button"
          className="key key-go"
          disabled={!isWhole || isAsking}
          onClick={() => void actions.enrol(code)}
        >
          {t(isAsking ? 'setup.enrolling' : 'setup.enrol')}
        </button>
      </div>
    </div>
  )
}

function CodeBoxes({ code }: { code: string }): ReactElement {
  return (
    <p className="code-boxes" aria-hidden="true">
      {Array.from({ length: CODE_LENGTH }, (_, index) => (
        <span key={index} className="code-box" data-next={index === code.length}>
          {code[index] ?? ''}
        </span>
      ))}
    </p>
  )
}

/** Letters of an enrolment code: Crockford's base 32, which has no I, L, O and U to be mistaken. 16 of them are 80 bits. */
const CODE_ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

const CODE_LENGTH = 16

const READ_AS: Readonly<Record<string, string>> = { I: '1', L: '1', O: '0' }

/** A code with more letters typed or pasted: case, dashes and blanks do not matter, mistaken letters are read as meant. */
export function codeWith(code: string, typed: string): string {
  const letters = [...typed.toUpperCase()].map((letter) => READ_AS[letter] ?? letter)
  return (code + letters.filter((letter) => CODE_ALPHABET.includes(letter)).join('')).slice(0, CODE_LENGTH)
}

/** A code without its last letter. */
export function codeWithout(code: string): string {
  return code.slice(0, -1)
}
