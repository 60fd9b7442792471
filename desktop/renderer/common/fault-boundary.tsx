import { Component, type ReactElement, type ReactNode } from 'react'
import { byLanguage, type Language } from '#shared/i18n/language.ts'
import type { FaultWords } from '#shared/i18n/words.ts'
import '../ui/fault.css'

/** All languages at once, bundled with this: whatever failed, these need nothing of it. [SCR-1] */
const WORDS = Object.entries(
  byLanguage(
    import.meta.glob<FaultWords<Language>>('../../../shared/i18n/*/fault.ts', {
      import: 'fault',
      eager: true,
    }),
  ),
).map(([lang, { broken }]) => ({ lang, ...broken }))

/** What is shown instead of a page that cannot be drawn. It reads no state and no words from elsewhere. [SCR-1] */
export function FaultScreen({ isReloading }: { isReloading: boolean }): ReactElement {
  return (
    <main className="fault" data-screen="fault">
      <div className="fault-words" role="alert">
        {WORDS.map(({ lang, title, self, hand }) => (
          <div key={lang} lang={lang}>
            <h1>{title}</h1>
            <p>{isReloading ? self : hand}</p>
          </div>
        ))}
      </div>
      <button type="button" onClick={() => window.location.reload()}>
        {WORDS.map(({ lang, again }) => (
          <span key={lang} lang={lang}>
            {again}
          </span>
        ))}
      </button>
    </main>
  )
}

interface FaultProps {
  /** The page loads itself again: nobody stands there who could. */
  isReloading: boolean
  /** Hears of the fault, once. Must not throw. */
  onFault: (error: unknown) => void
  children: ReactNode
}

/** Catches what is thrown while its children are drawn, and says so in plain words instead of a white page. [SCR-1] */
export class FaultBoundary extends Component<FaultProps, { hasFault: boolean }> {
  override state = { hasFault: false }

  static getDerivedStateFromError(): { hasFault: boolean } {
    return { hasFault: true }
  }

  override componentDidCatch(error: unknown): void {
    this.props.onFault(error)
  }

  override render(): ReactNode {
    return this.state.hasFault ? <FaultScreen isReloading={this.props.isReloading} /> : this.props.children
  }
}
