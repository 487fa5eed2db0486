import { buttonClass, EmptyState, Page, Select, Table, TextField } from '@pass/ui'
import { useDeferredValue, useState } from 'react'
import { Link } from 'wouter'
import { call, type District, type Resident } from '../api.ts'
import { Failure } from '../failure.tsx'
import { useI18n } from '../i18n.ts'
import { useLoad } from '../load.ts'
import { MoreButton, usePages } from '../pages.tsx'
import { usePlaceNames } from './use-place-names.ts'

export function Register() {
  const { t, language, local } = useI18n()
  const [query, setQuery] = useState('')
  const [district, setDistrict] = useState('')
  const asked = useDeferredValue(query.trim())
  const districts = useLoad('districts', () => call<District[]>('GET', '/api/districts'))
  const residents = usePages<Resident>('/api/register/residents', { query: asked, district })
  const nameOfPlace = usePlaceNames()

  return (
    <Page title={t.register.title}>
      <search className="filters">
        <TextField label={t.register.query} type="search" value={query} onChange={setQuery} />
        <Select
          label={t.register.district}
          value={district}
          onChange={setDistrict}
          options={[
            { value: '', label: t.all },
            ...(districts.data ?? []).map(({ code, name }) => ({ value: code, label: local(name) })),
          ]}
        />
      </search>
      <Failure error={residents.error} onRetry={residents.reload} />
      <p role="status" className="ui-hint">
        {residents.loading ? t.loading : t.register.count(residents.items.length)}
      </p>
      {!residents.loading && residents.items.length === 0 && !residents.error && (
        <EmptyState title={t.nothingFound}>{t.register.empty}</EmptyState>
      )}
      {residents.items.length > 0 && (
        <Table
          caption={t.register.title}
          rows={residents.items}
          rowKey={(one) => one.id}
          columns={[
            {
              key: 'name',
              header: t.register.columns.name,
              cell: (one) => (language === 'ko' ? one.nameKo : `${one.nameKo} (${one.nameEn})`),
            },
            { key: 'number', header: t.register.columns.number, cell: (one) => one.registerNo },
            { key: 'birth', header: t.register.columns.birth, cell: (one) => one.birthDate },
            {
              key: 'area',
              header: t.register.columns.area,
              cell: nameOfPlace,
            },
            { key: 'since', header: t.register.columns.since, cell: (one) => one.residentSince },
            {
              key: 'act',
              header: t.register.columns.act,
              cell: (one) => (
                <Link
                  href={`/offers/new/${one.id}`}
                  className={buttonClass('secondary')}
                  aria-label={t.register.offer(one.nameKo)}
                >
                  {t.register.columns.act}
                </Link>
              ),
            },
          ]}
        />
      )}
      <MoreButton pages={residents} />
    </Page>
  )
}
