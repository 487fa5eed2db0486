import { errors } from 'oidc-provider'

/** A refusal of ours in OAuth's form, with further members for the body. */
export class Refusal extends errors.CustomOIDCProviderError {
  override readonly name = 'Refusal'
  readonly extra: Record<string, unknown>

  constructor(error: string, description: string, extra: Record<string, unknown> = {}) {
    super(error, description)
    this.extra = extra
  }
}
