import { sameHash } from '../access/secrets.ts'
import type { Context } from '../context.ts'
import { Problem } from '../http/problem.ts'

const STEP_MS = 20_000
const MAC_LENGTH = 32
const CODE = /#([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.(\d{1,12})\.([0-9a-f]{32})$/

export type DoorCodes = {
  /** What the organiser's screen shows: another code every twenty seconds, good for up to forty. */
  codeFor(activityId: string): { text: string; expiresAt: string }
  /** The activity at whose door this is shown right now. @throws Problem `bad_signature`, `code_expired` */
  read(text: string): string
}

/** A photograph of the code, sent to a friend, is worth nothing half a minute later. */
export function createDoorCodes({
  agent,
  config,
  clock,
}: Pick<Context, 'agent' | 'config' | 'clock'>): DoorCodes {
  const mac = (activityId: string, step: number) =>
    agent.mac('volunteering.door', `${activityId}:${step}`).slice(0, MAC_LENGTH)
  const stepNow = () => Math.floor(clock().getTime() / STEP_MS)
  return {
    codeFor: (activityId) => {
      const step = stepNow()
      return {
        text: `${config.publicUrl}/wallet/check-in#${activityId}.${step}.${mac(activityId, step)}`,
        expiresAt: new Date((step + 1) * STEP_MS).toISOString(),
      }
    },
    read: (text) => {
      const [, activityId = '', stepText = '', signed = ''] = CODE.exec(text.trim()) ?? []
      const step = Number(stepText)
      if (activityId === '' || !sameHash(mac(activityId, step), signed))
        throw new Problem('bad_signature', 'This is no code of an organiser.')
      const age = stepNow() - step
      if (age < 0 || age > 1)
        throw new Problem('code_expired', 'This code has changed. Scan the one shown now.')
      return activityId
    },
  }
}
