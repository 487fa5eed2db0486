import { Page } from '@pass/ui'
import { Link } from 'wouter'
import { useI18n } from '../i18n.ts'
import { Icon } from '../parts/icons.tsx'

const LINKS = ['activity', 'settings'] as const

/** What is needed now and then. */
export default function More() {
  const { t } = useI18n()
  const hints = { activity: t.more.activityHint, settings: t.more.settingsHint }
  return (
    <Page title={t.more.title} narrow appName={t.app.name}>
      <ul className="menu">
        {LINKS.map((name) => (
          <li key={name}>
            <Link className="menu-link" href={`/${name}`}>
              <Icon name={name} />
              <span>
                {t.app[name]}
                <span className="ui-hint">{hints[name]}</span>
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </Page>
  )
}
