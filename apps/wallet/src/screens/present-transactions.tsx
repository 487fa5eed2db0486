import type { TransactionPreview } from '@pass/holder'
import { useI18n } from '../i18n.ts'

/**
 * What the person agrees to by presenting, just before the button that says so (OpenID4VP 1.0 section 8.4). The engine
 * lets only those through that the city has a sentence for.
 */
export function Transactions({ transactions }: { transactions: TransactionPreview[] }) {
  const { t, local } = useI18n()
  return (
    <section className="ui-panel approval" aria-labelledby="approval">
      <h2 id="approval">{t.present.approve}</h2>
      {transactions.map((transaction) => (
        <p key={transaction.encoded} className="approval-text">
          {transaction.text ? local(transaction.text) : transaction.type}
        </p>
      ))}
      <p className="ui-hint">{t.present.approveHint}</p>
    </section>
  )
}
