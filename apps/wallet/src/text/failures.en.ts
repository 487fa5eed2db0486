import type { failuresKo, refusalsKo } from './failures.ko.ts'
import { pointsFailuresEn } from './points.en.ts'

export const failuresEn: typeof failuresKo = {
  ...pointsFailuresEn,
  offer_malformed: {
    title: 'This code does not offer a card.',
    next: 'Check that it is the QR code or link that the issuing office gave you.',
  },
  offer_unsupported: {
    title: 'This wallet cannot receive that kind of card.',
    next: 'Ask the issuing office whether there is another way.',
  },
  offer_expired: { title: 'This code has run out.', next: 'Ask the issuing office for a new one.' },
  offer_already_used: {
    title: 'This code was used already.',
    next: 'See whether the card is among your cards. If not, ask the issuing office for a new code.',
  },
  offer_locked: {
    title: 'The code is locked after too many wrong numbers.',
    next: 'Ask the issuing office for a new one.',
  },
  tx_code_required: {
    title: 'A number is needed.',
    next: 'Enter the number that the issuing office gave you.',
  },
  tx_code_wrong: { title: 'That number is not right.', next: 'Check the number that you were given.' },
  issuer_malformed: {
    title: 'The issuing office sent something we cannot read.',
    next: 'Try again in a while. If it happens again, tell the office.',
  },
  issuer_untrusted: {
    title: 'The city does not know this office, so the card was not taken.',
    next: 'Think about where the code came from. If you do not know the sender, leave it.',
  },
  issuer_refused: { title: 'The office did not issue the card.', next: 'Ask the office why.' },
  credential_invalid: {
    title: 'The card that came was not sound, so it was not kept.',
    next: 'Please tell the issuing office.',
  },
  sign_in_cancelled: {
    title: 'You stopped the sign-in, so no card was received.',
    next: 'To receive the card, start again.',
  },
  sign_in_failed: {
    title: 'The sign-in could not confirm who you are.',
    next: 'Try again. If it happens again, ask the provider of your sign-in.',
  },
  sign_in_unavailable: {
    title: 'Signing in is not possible just now.',
    next: 'Try again in a while. If it is urgent, the issuing office can help you at its desk.',
  },
  not_in_register: {
    title: 'We could not find you among the city’s residents.',
    next: 'If you moved lately, try again in a few days. If it happens again, please contact the issuing office.',
  },
  not_entitled: {
    title: 'We could not confirm that you are entitled to this card.',
    next: 'If your situation has changed or this is wrong, please contact the issuing office.',
  },
  issuer_suspended: {
    title: 'This office cannot issue cards at the moment.',
    next: 'Try again later. If it is urgent, please contact the city.',
  },
  other_person: {
    title: 'This card is meant for somebody else.',
    next: 'The person that it is for has to sign in. Your own cards are at “Add a card”.',
  },
  sign_in_unknown: {
    title: 'This sign-in was not started on this device, or it is finished already.',
    next: 'See whether the card is among your cards. If not, start again at “Add a card”.',
  },
  sign_in_mixed_up: {
    title: 'The answer came from somewhere else, so no card was taken.',
    next: 'Start again at “Add a card”. If it happens again, tell the issuing office.',
  },
  sign_in_required: {
    title: 'You signed in too long ago and have to do it again.',
    next: 'Start again at “Add a card”.',
  },
  wallet_unattested: {
    title: 'The issuing office could not confirm this wallet.',
    next: 'Stay online and try again in a while. If it happens again, please contact the city.',
  },
  wallet_revoked: {
    title: 'The wallet on this phone cannot receive new cards any more.',
    next: 'If you moved your points to another phone, receive the card there. If you did not, please contact the city.',
  },
  request_malformed: {
    title: 'This code does not ask for a card.',
    next: 'Check that it is the QR code or link that you were shown.',
  },
  request_unsupported: {
    title: 'This wallet cannot answer that request.',
    next: 'Ask whether there is another way to show your card.',
  },
  request_expired: { title: 'This request has run out.', next: 'Ask for a new QR code.' },
  verifier_untrusted: {
    title: 'We could not confirm who is asking, so we stopped.',
    next: 'Ask the staff whether they are registered with the city.',
  },
  nothing_matches: {
    title: 'None of your cards fits.',
    next: 'Receive the card that is needed, then try again.',
  },
  asked_elsewhere: {
    title: 'This request was started on another phone.',
    next: 'Answering it here could connect your points and volunteer records with that phone, so we stopped. To use your points, start at Points on this phone. If somebody asked you to scan this code, do not go along with it, and tell the city.',
  },
  choice_invalid: { title: 'The chosen card cannot be used here.', next: 'Choose again.' },
  network: { title: 'The connection failed.', next: 'Try again in a moment.' },
  offline: { title: 'You are offline.', next: 'Turn on Wi-Fi or mobile data, then try again.' },
  insecure_address: {
    title: 'The address is not safe, so it was not opened.',
    next: 'Think about where the code came from.',
  },
  too_large: {
    title: 'What they sent is far too large, so it was not opened.',
    next: 'Think about where the code came from. If it happens again, tell them.',
  },
  busy: { title: 'Many people are using the service just now.', next: 'Try again in a moment.' },
  server_error: { title: 'The other side has a problem with its system.', next: 'Try again in a while.' },
  not_found: {
    title: 'That card or code is not there.',
    next: 'See among your cards whether it was deleted.',
  },
  storage: {
    title: 'This browser cannot store anything.',
    next: 'Check that this is not a private window and that the device has space left.',
  },
  unexpected: {
    title: 'Something went wrong that we did not expect.',
    next: 'Try again. If it happens again, reload the page.',
  },
}

export const refusalsEn: typeof refusalsKo = {
  invalid_signature: {
    title: 'The signature on the card could not be confirmed.',
    next: 'Receive the card again from its office.',
  },
  untrusted_certificate: {
    title: 'The office that issued the card could not be confirmed.',
    next: 'Receive the card again from its office.',
  },
  issuer_not_accredited: {
    title: 'That office may not issue this card.',
    next: 'Please contact the issuing office.',
  },
  issuer_suspended: { title: 'The issuing office is suspended.', next: 'Please contact the issuing office.' },
  nonce_mismatch: {
    title: 'The answer does not belong to the request.',
    next: 'Try again with a new QR code.',
  },
  audience_mismatch: {
    title: 'The answer was meant for someone else.',
    next: 'Try again with a new QR code.',
  },
  holder_binding_invalid: {
    title: 'It could not be confirmed that the card belongs to this device.',
    next: 'Try again with a new QR code. If it happens again, receive the card again.',
  },
  credential_expired: { title: 'The card has expired.', next: 'Receive it again from its office.' },
  credential_not_yet_valid: { title: 'The card is not valid yet.', next: 'Try again once it is.' },
  credential_revoked: {
    title: 'The issuing office has cancelled this card.',
    next: 'Ask the office why, and receive it again if need be.',
  },
  credential_suspended: {
    title: 'The issuing office has paused this card.',
    next: 'Please contact the issuing office.',
  },
  status_unavailable: {
    title: 'They could not check whether the card is still valid.',
    next: 'Try again in a moment with a new QR code.',
  },
  anchor_missing: {
    title: 'The issue record of the card is not confirmed yet.',
    next: 'Stay online for a moment, then try again with a new QR code.',
  },
  anchor_invalid: {
    title: 'The issue record does not fit the card.',
    next: 'Receive the card again from its office.',
  },
  anchor_unknown_root: {
    title: 'They do not know the issue record of the card yet.',
    next: 'Try again in a moment with a new QR code.',
  },
  missing_disclosure: { title: 'Something they need was missing.', next: 'Ask them what they need.' },
  claim_mismatch: {
    title: 'The card does not meet their condition.',
    next: 'Ask them what the condition is.',
  },
  tampered_disclosure: {
    title: 'What was shown differs from what was issued.',
    next: 'Receive the card again from its office.',
  },
  wrong_type: { title: 'They need another kind of card.', next: 'Ask them which card they need.' },
  already_answered: {
    title: 'This request was answered already.',
    next: 'To answer again, ask for a new QR code.',
  },
  request_expired: { title: 'The request has run out.', next: 'Ask for a new QR code.' },
  asked_elsewhere: {
    title: 'It could not be confirmed that this phone had asked.',
    next: 'Start again at Points on this phone.',
  },
  malformed_response: { title: 'They could not read the answer.', next: 'Try again with a new QR code.' },
  unknown: { title: 'They gave no reason.', next: 'Ask the staff.' },
}
