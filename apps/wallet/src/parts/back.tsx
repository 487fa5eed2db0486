import { Link } from 'wouter'
import { useI18n } from '../i18n.ts'

/** The way back, above a title. */
export function Back({ href }: { href: string }) {
  const { t } = useI18n()
  return (
    <Link className="back" href={href}>
      <span aria-hidden="true">←</span> {t.app.back}
    </Link>
  )
}
