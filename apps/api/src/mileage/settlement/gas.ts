/** What Osaka lets one transaction use (EIP-7825). */
export const MOST_GAS = 16_777_216n
