import { useI18n } from '../i18n.ts'
import { type Applicant, Applicants } from '../parts/applicants.tsx'

type Organisation = Applicant & { registrationNo: string; phone: string | null }

const TONES = { applied: 'warning', accredited: 'success', suspended: 'error', rejected: 'neutral' } as const
const ACTS = { applied: ['accredit', 'reject'], accredited: ['suspend'], suspended: ['accredit'] }

/** For the city: who may call for volunteers. */
export default function Organisations() {
  const { t } = useI18n()
  return (
    <Applicants<Organisation>
      words={t.organisations}
      path="/api/organisations"
      first="applied"
      tones={TONES}
      acts={ACTS}
      dangerous={['reject', 'suspend']}
      columns={[
        { key: 'no', header: t.organisations.registrationNo, cell: ({ registrationNo }) => registrationNo },
        { key: 'phone', header: t.organisations.phone, cell: ({ phone }) => phone ?? '–' },
      ]}
    />
  )
}
