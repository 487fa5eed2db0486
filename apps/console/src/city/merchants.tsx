import { call, type Localized } from '../api.ts'
import { useI18n } from '../i18n.ts'
import { useLoad } from '../load.ts'
import { type Applicant, Applicants } from '../parts/applicants.tsx'

type Merchant = Applicant & { businessNo: string | null; category: string | null; address: string | null }

const TONES = {
  applied: 'warning',
  approved: 'info',
  active: 'success',
  frozen: 'error',
  rejected: 'neutral',
} as const
const ACTS = { applied: ['approve', 'reject'], active: ['freeze'], frozen: ['unfreeze'] }

/** For the city: which shops take points. */
export default function Merchants() {
  const { t, local } = useI18n()
  const categories = useLoad('categories', () =>
    call<{ id: string; name: Localized }[]>('GET', '/api/merchant-categories'),
  )
  const nameOf = new Map(categories.data?.map(({ id, name }) => [id, local(name)]))
  return (
    <Applicants<Merchant>
      words={t.merchants}
      path="/api/merchants"
      first="applied"
      tones={TONES}
      acts={ACTS}
      dangerous={['reject', 'freeze']}
      columns={[
        { key: 'businessNo', header: t.merchants.businessNo, cell: ({ businessNo }) => businessNo ?? '–' },
        {
          key: 'category',
          header: t.merchants.category,
          cell: ({ category }) => nameOf.get(category ?? '') ?? '–',
        },
        { key: 'address', header: t.merchants.address, cell: ({ address }) => address ?? '–' },
      ]}
    />
  )
}
