import type { Audit } from '../audit/service.ts'
import type { Context } from '../context.ts'
import type { Credentials } from '../credentials/service.ts'
import type { Offers } from '../issuance/offers.ts'
import type { Awards } from '../mileage/awards.ts'
import type { Accounts } from '../staff/accounts.ts'
import type { Wallets } from '../wallets/service.ts'
import { createActivities } from './activities.ts'
import { createApprovals } from './approvals.ts'
import { createAttendanceDesk } from './attendance.ts'
import { createCertificates } from './certificate.ts'
import { createConsentLinks } from './consent-links.ts'
import { createConsents } from './consents.ts'
import { createDoorCodes } from './door-code.ts'
import { createGroups } from './groups.ts'
import { createHours } from './hours.ts'
import { createMyRecord } from './my-record.ts'
import { createOrganisations } from './organisations.ts'
import { createOutdated } from './outdated.ts'
import { createPortal } from './portal.ts'
import { createProofs } from './proofs.ts'
import { createSignups } from './signups.ts'

export type VolunteeringDeps = {
  audit: Audit
  accounts: Pick<Accounts, 'addStaff'>
  awards: Pick<Awards, 'awardWithin'>
  offers: Pick<Offers, 'createIn'>
  credentials: Pick<Credentials, 'act'>
  wallets: Pick<Wallets, 'ask' | 'subjectOf' | 'accountByPass'>
  /** Told when awards were given. */
  ring(): void
}

export type Volunteering = ReturnType<typeof createVolunteering>

/** From an organisation's call for help to hours, certificates and points. */
export function createVolunteering(context: Context, deps: VolunteeringDeps) {
  const { audit, accounts, awards, credentials, offers, wallets, ring } = deps
  const links = createConsentLinks(context)
  const proofs = createProofs(context, { wallets })
  const approvals = createApprovals(context, { awards, offers })
  const hours = createHours(context, { approvals, audit })
  const consents = createConsents(context, { proofs })
  const portal = createPortal(context, { audit })
  const outdated = createOutdated(context, { credentials })
  const afterwards = async <T>(work: Promise<T>): Promise<T> => {
    const result = await work
    ring()
    return result
  }
  return {
    organisations: createOrganisations(context, { accounts, audit }),
    activities: createActivities(context, { audit }),
    signups: createSignups(context, { proofs, links }),
    groups: createGroups(context),
    consents,
    attendance: createAttendanceDesk(context, {
      codes: createDoorCodes(context),
      audit,
      accountByPass: wallets.accountByPass,
    }),
    hours: {
      ...hours,
      confirm: (...args: Parameters<typeof hours.confirm>) => afterwards(hours.confirm(...args)),
      decide: async (...args: Parameters<typeof hours.decide>) => {
        const decided = await afterwards(hours.decide(...args))
        await outdated.revoke()
        return decided
      },
    },
    myRecord: createMyRecord(context, { links }),
    certificates: createCertificates(context),
    portal,
    kinds: context.city.activityKinds,
    /** What has run out, and points that waited for another day. */
    sweep: async (): Promise<void> => {
      await consents.sweep()
      await portal.sweep()
      await outdated.revoke()
      await afterwards(approvals.sweep())
    },
  }
}
