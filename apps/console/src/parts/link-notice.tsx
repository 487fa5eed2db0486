import { Notice } from '@pass/ui'
import { useI18n } from '../i18n.ts'

export type Invitation = { name: string; link: string; expiresAt: string }

/** A link to hand over in person, shown this once. */
export function LinkNotice({ invitation }: { invitation: Invitation | undefined }) {
  const { t, moment } = useI18n()
  return (
    <div role="status">
      {invitation && (
        <Notice tone="success" title={t.staff.invited(invitation.name)}>
          <p>{t.staff.invitedNext(moment(new Date(invitation.expiresAt).getTime()))}</p>
          <p>
            <code className="breakable">{invitation.link}</code>
          </p>
        </Notice>
      )}
    </div>
  )
}
