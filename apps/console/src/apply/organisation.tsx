import { useI18n } from '../i18n.ts'
import { ApplyForm } from './apply-form.tsx'

/** An organisation that wants to call for volunteers. */
export default function ApplyAsOrganisation() {
  const { t } = useI18n()
  const words = t.apply.organisation
  return (
    <ApplyForm
      title={words.title}
      lead={words.lead}
      path="/api/organisations"
      bodyOf={({ nameKo, nameEn, ...rest }) => ({
        ...rest,
        name: { ko: nameKo, en: nameEn || nameKo },
      })}
      fields={[
        { key: 'nameKo', label: words.nameKo },
        { key: 'nameEn', label: words.nameEn, optional: true },
        { key: 'registrationNo', label: t.organisations.registrationNo, hint: words.registrationNoHint },
        { key: 'phone', label: t.organisations.phone, type: 'tel' },
      ]}
    />
  )
}
