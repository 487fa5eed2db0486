import { Interface } from 'ethers'
import accessManager from './abi/AccessManager.json' with { type: 'json' }
import credentialAnchor from './abi/CredentialAnchor.json' with { type: 'json' }
import issuerRegistry from './abi/IssuerRegistry.json' with { type: 'json' }
import mileage from './abi/Mileage.json' with { type: 'json' }

/** Errors of every contract of ours, for naming what a call was refused with. */
export const cityErrors = new Interface(
  [...new Set([...accessManager.abi, ...credentialAnchor.abi, ...issuerRegistry.abi, ...mileage.abi])].filter(
    (entry) => entry.startsWith('error '),
  ),
)
