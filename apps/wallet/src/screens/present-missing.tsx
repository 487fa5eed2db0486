import type { Missing, RequestPreview } from '@pass/holder'
import { buttonClass, Notice, Page } from '@pass/ui'
import { Link } from 'wouter'
import { useI18n } from '../i18n.ts'
import { useTypeNames } from '../parts/use-type-names.ts'
import { useVerifierName } from '../parts/use-verifier-name.ts'

/** No card fits: which one is needed, and where it comes from. */
export function NothingFits({ request }: { request: RequestPreview }) {
  const { t } = useI18n()
  const say = useMissing()
  const nameOf = useVerifierName()
  const required = new Set(
    request.groups.filter(({ required }) => required).flatMap(({ options }) => options.flat()),
  )
  const reasons = request.queries.flatMap(({ id, missing }) =>
    missing && required.has(id) ? [say(missing)] : [],
  )
  return (
    <Page title={t.present.missing} lead={nameOf(request.verifier)} narrow appName={t.app.name}>
      <Notice tone="info">
        {[...new Set(reasons)].map((reason) => (
          <p key={reason}>{reason}</p>
        ))}
        <p>{t.present.missingShared}</p>
      </Notice>
      <Link className={buttonClass('primary', true)} href="/" replace>
        {t.app.home}
      </Link>
    </Page>
  )
}

function useMissing(): (missing: Missing) => string {
  const { t, local, day } = useI18n()
  const words = t.present.missingReasons
  const names = useTypeNames()
  return (missing) => {
    switch (missing.reason) {
      case 'no_such_credential':
        return words.no_such_credential(missing.vcts.flatMap((vct) => names.get(vct) ?? []).map(local))
      case 'expired':
        return words.expired(local(missing.name), day(missing.expiresAt))
      case 'claim_absent':
      case 'value_differs':
        return words[missing.reason](
          local(missing.name),
          missing.claims.map(({ label }) => local(label)).join(', '),
        )
      case 'issuer_not_accepted':
        return words.issuer_not_accepted(local(missing.name))
      case 'format_unsupported':
        return words.format_unsupported
    }
  }
}
