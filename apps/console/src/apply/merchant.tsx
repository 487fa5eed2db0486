import { call, type District, type Localized } from '../api.ts'
import { useI18n } from '../i18n.ts'
import { useLoad } from '../load.ts'
import { ApplyForm } from './apply-form.tsx'

type Category = { id: string; name: Localized }

/** A shop that wants to take points. */
export default function ApplyAsMerchant() {
  const { t, local } = useI18n()
  const categories = useLoad('categories', () => call<Category[]>('GET', '/api/merchant-categories'))
  const districts = useLoad('districts', () => call<District[]>('GET', '/api/districts'))
  const words = t.apply.merchant
  return (
    <ApplyForm
      title={words.title}
      lead={words.lead}
      path="/api/merchants"
      error={categories.error ?? districts.error}
      bodyOf={({ nameKo, nameEn, ...rest }) => ({
        ...rest,
        name: { ko: nameKo, ...(nameEn ? { en: nameEn } : {}) },
      })}
      fields={[
        { key: 'nameKo', label: words.nameKo },
        { key: 'nameEn', label: words.nameEn, optional: true },
        {
          key: 'businessNo',
          label: t.merchants.businessNo,
          hint: words.businessNoHint,
          check: (value) => (value.replaceAll(/\D/g, '').length === 10 ? undefined : words.businessNoWrong),
        },
        {
          key: 'category',
          label: t.merchants.category,
          options: (categories.data ?? []).map(({ id, name }) => ({ value: id, label: local(name) })),
        },
        {
          key: 'districtCode',
          label: t.activities.form.district,
          options: (districts.data ?? []).map(({ code, name }) => ({ value: code, label: local(name) })),
        },
        { key: 'address', label: t.merchants.address },
        { key: 'phone', label: t.organisations.phone, type: 'tel' },
      ]}
    />
  )
}
