import type { ReactElement } from 'react'
import { Icon } from '../ui/icons.tsx'
import { pendingProps, PendingSign, usePendingActions } from './pending-actions.tsx'
import { useActions } from './portal-context.ts'
import { usePortalWords } from './words.ts'

/** Ends the session of this browser; where the hub cannot be reached, the page says so and nobody is signed out. [POR-12] */
export function SignOut({ className }: { className: string }): ReactElement {
  const { t, refusal } = usePortalWords()
  const { signOut, toast } = useActions()
  const pending = usePendingActions<'out'>()
  const out = async (): Promise<void> => {
    const refused = await signOut()
    if (refused !== null) toast(refusal(refused))
  }
  return (
    <button
      type="button"
      className={className}
      {...pendingProps(pending.keys.has('out'))}
      onClick={() => pending.start('out', out)}
    >
      <PendingSign isPending={pending.keys.has('out')}>
        <Icon name="exit" />
      </PendingSign>
      {t('nav.signOut')}
    </button>
  )
}
