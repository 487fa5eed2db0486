import { Button, Checkbox, EmptyState, Notice, Page, Select, Spinner, StatusBadge, TextField } from '@pass/ui'
import { type FormEvent, useState } from 'react'
import { useI18n } from '../i18n.ts'
import { Back } from '../parts/back.tsx'
import { createGroup, fetchGroups, joinGroup, leaveGroup } from './city.ts'
import { useWords } from './i18n.ts'
import { Trouble } from './trouble.tsx'
import { GROUP_KINDS, type Group, type GroupKind } from './types.ts'
import { useLoading } from './use-loading.ts'
import './volunteering.css'

/** Classes and clubs that sign up together. */
export default function Groups() {
  const { t } = useWords()
  const { t: app } = useI18n()
  const words = t.groups
  const [groups, again] = useLoading(fetchGroups)
  const [said, setSaid] = useState('')
  async function changed(sentence: string) {
    await again()
    setSaid(sentence)
  }
  return (
    <Page
      title={words.title}
      lead={words.lead}
      before={<Back href="/my-activities" />}
      narrow
      appName={app.app.name}
    >
      <div role="status">{said && <Notice tone="success">{said}</Notice>}</div>
      {groups.state === 'loading' && <Spinner>{words.loading}</Spinner>}
      {groups.state === 'failed' && <Trouble error={groups.error} onAgain={again} then="/groups" />}
      {groups.state === 'ready' && (
        <>
          {groups.value.length === 0 ? (
            <EmptyState title={words.empty}>
              <p>{words.emptyNext}</p>
            </EmptyState>
          ) : (
            <ul className="activity">
              {groups.value.map((group) => (
                <GroupEntry key={group.id} group={group} onLeft={() => changed(words.left(group.name))} />
              ))}
            </ul>
          )}
          <Join onJoined={(name) => changed(words.joined(name))} />
          <Create onCreated={(name) => changed(words.created(name))} />
        </>
      )}
    </Page>
  )
}

function GroupEntry({ group, onLeft }: { group: Group; onLeft: () => Promise<void> }) {
  const { t } = useWords()
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>()

  async function leave() {
    setBusy(true)
    setError(undefined)
    try {
      await leaveGroup(group.id)
      await onLeft()
    } catch (failed) {
      setError(failed)
      setBusy(false)
    }
  }

  return (
    <li className="entry">
      <div className="entry-head">
        <h2 className="entry-party">{group.name}</h2>
        {group.leader && <StatusBadge tone="info">{t.groups.leader}</StatusBadge>}
      </div>
      <p>
        {t.groups.kinds[group.kind]} · {t.groups.members(group.members)}
      </p>
      {group.joinCode !== null && (
        <div>
          <p className="panel-title">{t.groups.code}</p>
          <p className="join-code">{group.joinCode}</p>
          <p className="ui-hint">{t.groups.codeHint}</p>
        </div>
      )}
      {!group.leader && (
        <div>
          <Button variant="text" busy={busy} onClick={leave}>
            {busy ? t.groups.leaving : t.groups.leave}
          </Button>
        </div>
      )}
      {error !== undefined && <Trouble error={error} then="/groups" />}
    </li>
  )
}

function Join({ onJoined }: { onJoined: (name: string) => Promise<void> }) {
  const { t } = useWords()
  const words = t.groups
  const form = useSending(async (code) => {
    const group = await joinGroup(code.toUpperCase().replace(/[\s-]/g, ''))
    await onJoined(group.name)
  })
  return (
    <form className="ui-panel" onSubmit={form.submit} noValidate aria-labelledby="join">
      <h2 id="join">{words.join}</h2>
      <TextField
        label={words.joinCode}
        hint={words.joinHint}
        error={form.missing ? words.joinEmpty : undefined}
        value={form.text}
        onChange={form.setText}
        autoCapitalize="characters"
        autoComplete="off"
        spellCheck={false}
        maxLength={12}
      />
      {form.error !== undefined && <Trouble error={form.error} then="/groups" />}
      <div>
        <Button type="submit" variant="secondary" busy={form.busy}>
          {form.busy ? words.joining : words.join}
        </Button>
      </div>
    </form>
  )
}

function Create({ onCreated }: { onCreated: (name: string) => Promise<void> }) {
  const { t } = useWords()
  const words = t.groups
  const [kind, setKind] = useState<GroupKind>('school')
  const [participates, setParticipates] = useState(true)
  const form = useSending(async (name) => {
    await createGroup({ name, kind, participates })
    await onCreated(name)
  })
  return (
    <form className="ui-panel" onSubmit={form.submit} noValidate aria-labelledby="create">
      <h2 id="create">{words.create}</h2>
      <TextField
        label={words.name}
        hint={words.nameHint}
        error={form.missing ? words.nameEmpty : undefined}
        value={form.text}
        onChange={form.setText}
        maxLength={40}
      />
      <Select
        label={words.kind}
        value={kind}
        onChange={(value) => setKind(value as GroupKind)}
        options={GROUP_KINDS.map((value) => ({ value, label: words.kinds[value] }))}
      />
      <Checkbox label={words.participates} checked={participates} onChange={setParticipates} />
      {form.error !== undefined && <Trouble error={form.error} then="/groups" />}
      <div>
        <Button type="submit" variant="secondary" busy={form.busy}>
          {form.busy ? words.creating : words.create}
        </Button>
      </div>
    </form>
  )
}

/** One line of text that is sent; emptied when it arrived. */
function useSending(send: (text: string) => Promise<void>) {
  const [text, setText] = useState('')
  const [tried, setTried] = useState(false)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>()

  async function submit(event: FormEvent) {
    event.preventDefault()
    setTried(true)
    if (text.trim() === '' || busy) return
    setBusy(true)
    setError(undefined)
    try {
      await send(text.trim())
      setText('')
      setTried(false)
    } catch (failed) {
      setError(failed)
    } finally {
      setBusy(false)
    }
  }
  return { text, setText, missing: tried && text.trim() === '', busy, error, submit }
}
