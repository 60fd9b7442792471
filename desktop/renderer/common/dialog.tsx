import { useLayoutEffect, useRef, type ReactElement, type ReactNode } from 'react'

/**
 * A dialog over the page; the page below can be neither touched nor reached by keys. Escape asks to close it, as does whatever
 * button its children have: whoever shows it takes it away. The focus goes to the first element that fits `focusOn`, else to
 * where the browser puts it.
 */
export function Dialog(props: {
  className: string
  titleId: string
  /** For style sheets and tests: which dialog it is. */
  name?: string
  focusOn?: readonly string[]
  onClose: () => void
  children: ReactNode
}): ReactElement {
  const { className, titleId, name, focusOn, onClose, children } = props
  const dialog = useRef<HTMLDialogElement>(null)
  const wanted = useRef(focusOn)
  // Layout effects, since it must be closed while it is still in the page: only then the focus goes back to where it came from.
  useLayoutEffect(() => {
    const element = dialog.current
    if (element !== null && !element.open) element.showModal()
    const found = wanted.current?.map((selector) => element?.querySelector<HTMLElement>(selector))
    found?.find((one) => one !== null && one !== undefined)?.focus()
    return () => element?.close()
  }, [])
  return (
    <dialog
      ref={dialog}
      className={className}
      data-overlay={name}
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault()
        onClose()
      }}
    >
      {children}
    </dialog>
  )
}
