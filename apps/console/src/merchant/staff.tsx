import { Button, Page, StatusBadge, Table, TextField } from '@pass/ui'
import { type FormEvent, useState } from 'react'
import { call } from '../api.ts'
import { Failure } from '../failure.tsx'
import { useI18n } from '../i18n.ts'
import { useLoad } from '../load.ts'
import { ActDialog } from '../parts/act-dialog.tsx'
import { type Invitation, LinkNotice } from '../parts/link-notice.tsx'

type Member = { id: string; name: string; disabled: boolean }

/** Who may stand at this merchant's counter. */
export default function MerchantStaff() {
  const { t } = useI18n()
  const staff = useLoad('staff', () => call<Member[]>('GET', '/api/merchant/staff'))
  const [name, setName] = useState('')
  const [missing, setMissing] = useState(false)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>()
  const [invited, setInvited] = useState<Invitation>()
  const [leaving, setLeaving] = useState<Member>()

  const submit = async (event: FormEvent) => {
    event.preventDefault()
    if (name.trim() === '') return setMissing(true)
    setBusy(true)
    setError(undefined)
    try {
      const made = await call<{ link: string; expiresAt: string }>('POST', '/api/merchant/staff', {
        name: name.trim(),
      })
      setInvited({ name: name.trim(), ...made })
      setName('')
      staff.reload()
    } catch (failure) {
      setError(failure)
    } finally {
      setBusy(false)
    }
  }

  return (
    <Page title={t.staff.title} lead={t.staff.lead}>
      <Failure error={staff.error ?? error} />
      <form className="actions" noValidate onSubmit={(event) => void submit(event)}>
        <TextField
          label={t.staff.name}
          value={name}
          onChange={(value) => {
            setName(value)
            setMissing(false)
          }}
          maxLength={100}
          error={missing && t.staff.nameMissing}
        />
        <Button type="submit" busy={busy}>
          {t.staff.add}
        </Button>
      </form>
      <LinkNotice invitation={invited} />
      {staff.data && staff.data.length > 0 && (
        <Table
          caption={t.staff.title}
          rows={staff.data}
          rowKey={({ id }) => id}
          columns={[
            { key: 'name', header: t.staff.name, cell: (member) => member.name },
            {
              key: 'status',
              header: t.staff.status,
              cell: ({ disabled }) => (
                <StatusBadge tone={disabled ? 'neutral' : 'success'}>
                  {disabled ? t.staff.disabled : t.staff.active}
                </StatusBadge>
              ),
            },
            {
              key: 'act',
              header: t.staff.act,
              cell: (member) =>
                !member.disabled && (
                  <Button
                    variant="secondary"
                    aria-label={t.staff.disableOf(member.name)}
                    onClick={() => setLeaving(member)}
                  >
                    {t.staff.disable}
                  </Button>
                ),
            },
          ]}
        />
      )}
      {leaving && (
        <ActDialog
          title={t.staff.disableOf(leaving.name)}
          action={t.staff.disable}
          danger
          onClose={() => setLeaving(undefined)}
          onAct={async () => {
            await call('POST', `/api/merchant/staff/${leaving.id}/disable`, {})
            setLeaving(undefined)
            staff.reload()
          }}
        >
          <p>{t.staff.disableLead}</p>
        </ActDialog>
      )}
    </Page>
  )
}
