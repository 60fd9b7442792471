import { Component, type ReactElement, type ReactNode } from 'react'
import '../ui/fault.css'

/** All languages at once, in words that stand here: whatever failed, these need nothing of it. [SCR-1] */
const WORDS = [
  {
    lang: 'en',
    title: 'Something went wrong on this page',
    self: 'It starts again by itself in a moment. Nothing that was saved is lost.',
    hand: 'Please load it again. Nothing that was saved is lost.',
    again: 'Load again',
  },
  {
    lang: 'sl',
    title: 'Na tej strani je prišlo do napake',
    self: 'Čez trenutek se bo sama znova naložila. Shranjeni podatki se ohranijo.',
    hand: 'Znova jo naložite. Shranjeni podatki se ohranijo.',
    again: 'Znova naloži',
  },
  {
    lang: 'zh-TW',
    title: '這個頁面發生問題',
    self: '稍後會自動重新啟動，已儲存的資料不會遺失。',
    hand: '請重新載入，已儲存的資料不會遺失。',
    again: '重新載入',
  },
] as const

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
