import { Button, Notice, Page, QrCode, RadioGroup, Select } from '@pass/ui'
import { useState } from 'react'
import { Link } from 'wouter'
import { type Agency, type CredentialType, call, type Offer, type OfferState, type Resident } from '../api.ts'
import { Failure } from '../failure.tsx'
import { at, useI18n } from '../i18n.ts'
import { useLoad, usePoll } from '../load.ts'
import { useSession } from '../session/session.tsx'

/** How the citizen shows who they are: by a number that is told at the desk, or by signing in themselves. */
type Grant = 'pre-authorized_code' | 'authorization_code'

/** What the agency is accredited for. */
async function typesOf(agencyId: string): Promise<CredentialType[]> {
  const [agencies, types] = await Promise.all([
    call<Agency[]>('GET', '/api/agencies'),
    call<CredentialType[]>('GET', '/api/credential-types'),
  ])
  const accredited = agencies.find(({ id }) => id === agencyId)?.types ?? []
  return types.filter(({ id }) => accredited.includes(id))
}

export function NewOffer({ residentId }: { residentId: string }) {
  const { t, local } = useI18n()
  const { data: session } = useSession()
  const agency = session?.agency?.id ?? ''
  const resident = useLoad(residentId, () =>
    call<Resident>('GET', `/api/register/residents/${encodeURIComponent(residentId)}`),
  )
  const types = useLoad(`types ${agency}`, () => typesOf(agency))
  const [chosen, setChosen] = useState('')
  const [wanted, setWanted] = useState<Grant>('pre-authorized_code')
  const [offer, setOffer] = useState<Offer>()
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>()
  const type = types.data?.find(({ id }) => id === chosen) ?? types.data?.[0]
  // Some follow from what the office alone knows: nobody gets those by signing in.
  const grant = type?.signIn ? wanted : 'pre-authorized_code'

  const create = async () => {
    setBusy(true)
    setError(undefined)
    try {
      const body = { agency, type: type?.id, subject: residentId, grant }
      setOffer(await call<Offer>('POST', '/api/offers', body))
    } catch (failure) {
      setError(failure)
    } finally {
      setBusy(false)
    }
  }

  return (
    <Page title={t.offer.title}>
      <p>
        <Link href="/">{t.offer.back}</Link>
      </p>
      <Failure error={resident.error ?? types.error ?? error} />
      {resident.data && <p className="ui-lead">{t.offer.to(resident.data.nameKo)}</p>}
      {offer ? (
        <OfferShown offer={offer} onAgain={() => setOffer(undefined)} />
      ) : (
        types.data &&
        resident.data && (
          <div className="handover">
            <Select
              label={t.offer.type}
              value={type?.id ?? ''}
              onChange={setChosen}
              options={types.data.map(({ id, name }) => ({ value: id, label: local(name) }))}
            />
            {type?.signIn && (
              <RadioGroup
                legend={t.offer.how}
                value={wanted}
                onChange={(value) => setWanted(value as Grant)}
                options={Object.entries(t.offer.hows).map(([value, words]) => ({ value, ...words }))}
              />
            )}
            <Button onClick={create} busy={busy}>
              {t.offer.create}
            </Button>
          </div>
        )
      )}
    </Page>
  )
}

const OVER: OfferState['state'][] = ['issued', 'expired', 'locked']

function OfferShown({ offer, onAgain }: { offer: Offer; onAgain: () => void }) {
  const { t, moment } = useI18n()
  const [state, setState] = useState<OfferState['state']>('open')
  const over = OVER.includes(state)
  usePoll(!over, 1000, async () => setState((await call<OfferState>('GET', `/api/offers/${offer.id}`)).state))

  return (
    <section className="handover">
      <div role="status">
        <Notice tone={state === 'issued' ? 'success' : over ? 'warning' : 'info'}>
          <p>{t.offer.state[state]}</p>
        </Notice>
      </div>
      {!over && (
        <>
          <p>{t.offer.scan}</p>
          <QrCode value={offer.offerUri} label={t.offer.qrLabel} />
          {offer.txCode === undefined ? (
            <p>{t.offer.signIn}</p>
          ) : (
            <>
              <dl>
                <dt>{t.offer.code}</dt>
                <dd className="code">{offer.txCode}</dd>
              </dl>
              <p className="ui-hint">{t.offer.codeHint}</p>
            </>
          )}
          <p className="ui-hint">{t.offer.expires(moment(at(offer.expiresAt)))}</p>
          <p>
            <a href={offer.walletLink} target="_blank" rel="noreferrer">
              {t.offer.sameDevice}
            </a>
          </p>
        </>
      )}
      {over && state !== 'issued' && <Button onClick={onAgain}>{t.offer.again}</Button>}
    </section>
  )
}
