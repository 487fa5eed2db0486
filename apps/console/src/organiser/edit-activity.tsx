import { Button, Checkbox, Page, Select, Spinner, TextArea, TextField } from '@pass/ui'
import { type FormEvent, useState } from 'react'
import { useLocation } from 'wouter'
import { call, type District } from '../api.ts'
import { dateOf, timeOf, timestampOf, today } from '../dates.ts'
import { Failure } from '../failure.tsx'
import { at, useI18n } from '../i18n.ts'
import { useLoad } from '../load.ts'
import { type Activity, KINDS } from './types.ts'

type Form = {
  titleKo: string
  titleEn: string
  descriptionKo: string
  descriptionEn: string
  kind: string
  place: string
  address: string
  district: string
  latitude: string
  longitude: string
  date: string
  from: string
  to: string
  places: string
  /** One of AGES. */
  age: string
  pointsPerHour: string
  school: boolean
  every: string
  times: string
}

/** The ages that a resident card can prove without telling the birthday. */
const AGES: Record<string, { minAge: number | null; maxAge: number | null }> = {
  '': { minAge: null, maxAge: null },
  from14: { minAge: 14, maxAge: null },
  from19: { minAge: 19, maxAge: null },
  from65: { minAge: 65, maxAge: null },
  to18: { minAge: null, maxAge: 18 },
}

const EMPTY: Form = {
  titleKo: '',
  titleEn: '',
  descriptionKo: '',
  descriptionEn: '',
  kind: 'other',
  place: '',
  address: '',
  district: '',
  latitude: '',
  longitude: '',
  date: '',
  from: '10:00',
  to: '12:00',
  places: '10',
  age: '',
  pointsPerHour: '100',
  school: false,
  every: '',
  times: '4',
}

/** A new activity as a draft, or a change of one that is there. */
export default function EditActivity({ id }: { id?: string }) {
  const { t } = useI18n()
  const activity = useLoad(id ?? 'new', async () =>
    id === undefined ? null : call<Activity>('GET', `/api/organiser/activities/${id}`),
  )
  return (
    <Page title={id === undefined ? t.activities.new : t.activities.edit}>
      <Failure error={activity.error} onRetry={activity.reload} />
      {activity.data === undefined && !activity.error && <Spinner>{t.loading}</Spinner>}
      {activity.data !== undefined && (
        <ActivityForm
          start={activity.data === null ? EMPTY : formOf(activity.data)}
          inSeries={activity.data?.seriesId != null}
          {...(id ? { id } : {})}
        />
      )}
    </Page>
  )
}

function ActivityForm({ start, id, inSeries }: { start: Form; id?: string; inSeries: boolean }) {
  const { t, local } = useI18n()
  const [, navigate] = useLocation()
  const districts = useLoad('districts', () => call<District[]>('GET', '/api/districts'))
  const [form, setForm] = useState(start)
  const [following, setFollowing] = useState(false)
  const [tried, setTried] = useState(false)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>()
  const set =
    <Key extends keyof Form>(key: Key) =>
    (value: Form[Key]) =>
      setForm((before) => ({ ...before, [key]: value }))
  const faults = faultsOf(form)
  const words = t.activities.form
  const fault = (key: keyof Form) => tried && faults[key] && t.activities.faults[faults[key]]
  const field = (key: Exclude<keyof Form, 'school'>) => ({
    label: words[key],
    value: form[key],
    onChange: set(key),
    error: fault(key),
  })

  const submit = async (event: FormEvent) => {
    event.preventDefault()
    setTried(true)
    if (Object.keys(faults).length > 0 || busy) return
    setBusy(true)
    setError(undefined)
    try {
      const path = id === undefined ? '/api/organiser/activities' : `/api/organiser/activities/${id}`
      const saved = await call<{ id: string }>('POST', path, {
        ...bodyOf(form, id === undefined),
        ...(following ? { following } : {}),
      })
      navigate(`/activities/${saved.id}`)
    } catch (failure) {
      setError(failure)
      setBusy(false)
    }
  }

  return (
    <form className="ui-stack" noValidate onSubmit={(event) => void submit(event)}>
      <div className="filters">
        <TextField {...field('titleKo')} maxLength={80} required />
        <TextField {...field('titleEn')} maxLength={80} />
        <Select
          label={words.kind}
          value={form.kind}
          onChange={set('kind')}
          options={KINDS.map((value) => ({ value, label: t.activities.kinds[value] ?? value }))}
        />
      </div>
      <TextArea {...field('descriptionKo')} rows={4} maxLength={2000} required />
      <TextArea {...field('descriptionEn')} rows={4} maxLength={2000} />
      <div className="filters">
        <TextField {...field('date')} type="date" min={today()} required />
        <TextField {...field('from')} type="time" required />
        <TextField {...field('to')} type="time" required />
        <TextField {...field('places')} type="number" min={1} max={1000} required />
      </div>
      <div className="filters">
        <TextField {...field('place')} maxLength={80} required />
        <TextField {...field('address')} maxLength={120} required />
        <Select
          label={words.district}
          value={form.district}
          onChange={set('district')}
          error={fault('district')}
          placeholder={words.choose}
          options={(districts.data ?? []).map(({ code, name }) => ({ value: code, label: local(name) }))}
        />
        <TextField {...field('latitude')} inputMode="decimal" hint={words.latitudeHint} required />
        <TextField {...field('longitude')} inputMode="decimal" required />
      </div>
      <div className="filters">
        <Select
          label={words.age}
          hint={words.ageHint}
          value={form.age}
          onChange={set('age')}
          options={Object.keys(AGES).map((value) => ({ value, label: words.ages[value] ?? value }))}
        />
        <TextField {...field('pointsPerHour')} type="number" min={0} max={1000} />
      </div>
      <Checkbox label={words.school} checked={form.school} onChange={set('school')} />
      {id === undefined && (
        <div className="filters">
          <Select
            label={words.every}
            value={form.every}
            onChange={set('every')}
            options={[
              { value: '', label: words.once },
              { value: 'week', label: words.weekly },
              { value: 'month', label: words.monthly },
            ]}
          />
          {form.every !== '' && <TextField {...field('times')} type="number" min={2} max={52} />}
        </div>
      )}
      {inSeries && <Checkbox label={t.activities.following} checked={following} onChange={setFollowing} />}
      <Failure error={error} />
      <Button type="submit" busy={busy}>
        {id === undefined ? t.activities.saveDraft : t.activities.save}
      </Button>
    </form>
  )
}

type Fault = 'missing' | 'number' | 'order'

function faultsOf(form: Form): Partial<Record<keyof Form, Fault>> {
  const faults: Partial<Record<keyof Form, Fault>> = {}
  const required = ['titleKo', 'descriptionKo', 'date', 'from', 'to', 'place', 'address', 'district'] as const
  for (const key of required) if (form[key].trim() === '') faults[key] = 'missing'
  for (const key of ['latitude', 'longitude'] as const)
    if (form[key].trim() === '' || !Number.isFinite(Number(form[key]))) faults[key] = 'number'
  if (!/^[1-9]\d{0,3}$/.test(form.places)) faults.places = 'number'
  if (form.pointsPerHour !== '' && !/^\d{1,4}$/.test(form.pointsPerHour)) faults.pointsPerHour = 'number'
  if (form.every !== '' && !/^([2-9]|[1-4]\d|5[0-2])$/.test(form.times)) faults.times = 'number'
  if (form.from !== '' && form.to !== '' && form.to <= form.from) faults.to = 'order'
  return faults
}

function bodyOf(form: Form, isNew: boolean) {
  const startsAt = timestampOf(form.date, form.from)
  const endsAt = timestampOf(form.date, form.to)
  return {
    title: { ko: form.titleKo.trim(), en: form.titleEn.trim() || form.titleKo.trim() },
    description: {
      ko: form.descriptionKo.trim(),
      en: form.descriptionEn.trim() || form.descriptionKo.trim(),
    },
    kind: form.kind,
    place: form.place.trim(),
    address: form.address.trim(),
    district: form.district,
    latitude: Number(form.latitude),
    longitude: Number(form.longitude),
    startsAt,
    endsAt,
    minutes: Math.round((Date.parse(endsAt) - Date.parse(startsAt)) / 60_000),
    places: Number(form.places),
    ...(AGES[form.age] ?? AGES['']),
    pointsPerHour: Number(form.pointsPerHour || 0),
    school: form.school,
    ...(isNew && form.every !== '' ? { repeat: { every: form.every, times: Number(form.times) } } : {}),
  }
}

function formOf(activity: Activity): Form {
  return {
    ...EMPTY,
    titleKo: activity.title.ko,
    titleEn: activity.title.en,
    descriptionKo: activity.description.ko,
    descriptionEn: activity.description.en,
    kind: activity.kind,
    place: activity.place,
    address: activity.address,
    district: activity.district,
    latitude: String(activity.latitude),
    longitude: String(activity.longitude),
    date: dateOf(at(activity.startsAt)),
    from: timeOf(at(activity.startsAt)),
    to: timeOf(at(activity.endsAt)),
    places: String(activity.places),
    age:
      Object.entries(AGES).find(
        ([, { minAge, maxAge }]) => minAge === activity.minAge && maxAge === activity.maxAge,
      )?.[0] ?? '',
    pointsPerHour: String(activity.pointsPerHour),
    school: activity.school,
  }
}
