import type { ReactElement } from 'react'
import { Icon } from '../ui/icons.tsx'
import { actProps, ActSign, useActing } from './act.tsx'
import { useActions } from './portal-context.ts'
import { usePortalWords } from './words.ts'

/** Ends the session of this browser; a hub that cannot be reached is told of, and nobody is signed out. [POR-12] */
export function SignOut({ className }: { className: string }): ReactElement {
  const { t, refusal } = usePortalWords()
  const { signOut, toast } = useActions()
  const acting = useActing<'out'>()
  const out = async (): Promise<void> => {
    const refused = await signOut()
    if (refused !== null) toast(refusal(refused))
  }
  return (
    <button
      type="button"
      className={className}
      {...actProps(acting.doing.has('out'))}
      onClick={() => acting.start('out', out)}
    >
      <ActSign isDoing={acting.doing.has('out')}>
        <Icon name="exit" />
      </ActSign>
      {t('nav.signOut')}
    </button>
  )
}
