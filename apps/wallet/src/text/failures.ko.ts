import { CITY } from '../city.ts'
import type { Failure } from '../engine/failure.ts'
import { pointsFailuresKo } from './points.ko.ts'

export type FailureText = { title: string; next: string }

/** 오류 하나에 두 문장: 무슨 일이 있었는지, 이제 무엇을 하면 되는지. */
export const failuresKo: Record<Failure['code'], FailureText> = {
  ...pointsFailuresKo,
  offer_malformed: {
    title: '카드를 받는 코드가 아니에요.',
    next: '발급 기관이 보여 준 QR 코드나 주소가 맞는지 확인해 주세요.',
  },
  offer_unsupported: {
    title: '이 지갑에서는 받을 수 없는 카드예요.',
    next: '발급 기관에 다른 방법이 있는지 물어봐 주세요.',
  },
  offer_expired: {
    title: '받을 수 있는 시간이 지났어요.',
    next: '발급 기관에 새 코드를 만들어 달라고 해 주세요.',
  },
  offer_already_used: {
    title: '이미 사용한 코드예요.',
    next: '보관함에 카드가 있는지 확인해 주세요. 없으면 발급 기관에 새 코드를 요청해 주세요.',
  },
  offer_locked: {
    title: '숫자를 여러 번 잘못 입력해서 코드가 잠겼어요.',
    next: '발급 기관에 새 코드를 만들어 달라고 해 주세요.',
  },
  tx_code_required: { title: '확인 숫자가 필요해요.', next: '발급 기관에서 받은 숫자를 입력해 주세요.' },
  tx_code_wrong: { title: '확인 숫자가 맞지 않아요.', next: '받은 숫자를 다시 확인해 주세요.' },
  issuer_malformed: {
    title: '발급 기관의 안내를 읽을 수 없어요.',
    next: '잠시 뒤 다시 해 보고, 그래도 안 되면 발급 기관에 알려 주세요.',
  },
  issuer_untrusted: {
    title: `${CITY.ko}가 확인하지 않은 기관이라 카드를 받지 않았어요.`,
    next: '코드를 어디에서 받았는지 확인해 주세요. 모르는 곳이면 그만두세요.',
  },
  issuer_refused: {
    title: '발급 기관이 카드를 내주지 않았어요.',
    next: '발급 기관에 이유를 물어봐 주세요.',
  },
  credential_invalid: {
    title: '받은 카드가 올바르지 않아서 보관하지 않았어요.',
    next: '발급 기관에 알려 주세요.',
  },
  sign_in_cancelled: {
    title: '간편인증을 그만두어서 카드를 받지 않았어요.',
    next: '카드를 받으려면 처음부터 다시 해 주세요.',
  },
  sign_in_failed: {
    title: '간편인증에서 본인 확인이 되지 않았어요.',
    next: '다시 해 보고, 그래도 안 되면 간편인증을 한 곳에 문의해 주세요.',
  },
  sign_in_unavailable: {
    title: '지금은 간편인증을 쓸 수 없어요.',
    next: '잠시 뒤 다시 해 주세요. 급하면 발급 기관의 창구에서 받을 수 있어요.',
  },
  not_in_register: {
    title: `${CITY.ko} 시민으로 확인되지 않았어요.`,
    next: '얼마 전에 이사했다면 며칠 뒤 다시 해 주세요. 그래도 안 되면 발급 기관에 문의해 주세요.',
  },
  not_entitled: {
    title: '이 카드를 받을 자격이 확인되지 않았어요.',
    next: '자격이 바뀌었거나 잘못되었다면 발급 기관에 문의해 주세요.',
  },
  issuer_suspended: {
    title: '이 기관은 지금 카드를 발급할 수 없어요.',
    next: '나중에 다시 해 주세요. 급하면 시 창구에 문의해 주세요.',
  },
  other_person: {
    title: '다른 사람에게 보낸 카드예요.',
    next: '카드를 받을 사람이 직접 간편인증을 해야 해요. 내 카드는 카드 추가에서 받을 수 있어요.',
  },
  sign_in_unknown: {
    title: '이 기기에서 시작한 간편인증이 아니거나 이미 끝났어요.',
    next: '보관함에 카드가 있는지 확인해 주세요. 없으면 카드 추가에서 다시 시작해 주세요.',
  },
  sign_in_mixed_up: {
    title: '다른 곳에서 온 답이라서 카드를 받지 않았어요.',
    next: '카드 추가에서 다시 시작해 주세요. 또 그러면 발급 기관에 알려 주세요.',
  },
  sign_in_required: {
    title: '간편인증을 한 지 오래되어 다시 해야 해요.',
    next: '카드 추가에서 다시 시작해 주세요.',
  },
  wallet_unattested: {
    title: '발급 기관이 이 지갑을 확인하지 못했어요.',
    next: '인터넷에 연결된 채로 잠시 뒤 다시 해 보고, 그래도 안 되면 시 창구에 문의해 주세요.',
  },
  wallet_revoked: {
    title: '이 휴대전화의 지갑은 카드를 새로 받을 수 없게 되어 있어요.',
    next: '포인트를 다른 휴대전화로 옮겼다면 그 휴대전화에서 받아 주세요. 옮기지 않았다면 시 창구에 문의해 주세요.',
  },
  request_malformed: {
    title: '제출을 요청하는 코드가 아니에요.',
    next: '확인하는 곳이 보여 준 QR 코드나 주소가 맞는지 확인해 주세요.',
  },
  request_unsupported: {
    title: '이 지갑에서는 답할 수 없는 요청이에요.',
    next: '확인하는 곳에 다른 방법이 있는지 물어봐 주세요.',
  },
  request_expired: {
    title: '제출할 수 있는 시간이 지났어요.',
    next: '확인하는 곳에 새 QR 코드를 보여 달라고 해 주세요.',
  },
  verifier_untrusted: {
    title: '누가 요청했는지 확인되지 않아서 멈췄어요.',
    next: `${CITY.ko}에 등록된 곳이 맞는지 직원에게 물어봐 주세요.`,
  },
  nothing_matches: {
    title: '제출할 수 있는 카드가 없어요.',
    next: '필요한 카드를 먼저 받은 뒤 다시 해 주세요.',
  },
  asked_elsewhere: {
    title: '이 요청은 다른 휴대전화에서 시작됐어요.',
    next: '여기서 답하면 내 포인트와 봉사 기록이 그 휴대전화로 이어질 수 있어서 멈췄어요. 내 포인트는 이 휴대전화의 포인트 화면에서 시작해 주세요. 누가 이 코드를 찍어 달라고 했다면 따르지 말고 시 창구에 알려 주세요.',
  },
  choice_invalid: { title: '고른 카드로는 제출할 수 없어요.', next: '카드를 다시 골라 주세요.' },
  network: { title: '연결이 되지 않아요.', next: '잠시 뒤 다시 해 주세요.' },
  offline: { title: '인터넷에 연결되어 있지 않아요.', next: '와이파이나 데이터를 켠 뒤 다시 해 주세요.' },
  insecure_address: {
    title: '안전하지 않은 주소라서 열지 않았어요.',
    next: '코드를 어디에서 받았는지 확인해 주세요.',
  },
  too_large: {
    title: '받은 내용이 너무 커서 열지 않았어요.',
    next: '코드를 어디에서 받았는지 확인해 주세요. 또 그러면 그곳에 알려 주세요.',
  },
  busy: { title: '지금 이용하는 사람이 많아요.', next: '잠시 뒤 다시 해 주세요.' },
  server_error: { title: '상대 기관의 시스템에 문제가 생겼어요.', next: '잠시 뒤 다시 해 주세요.' },
  not_found: {
    title: '찾는 카드나 코드가 없어요.',
    next: '이미 삭제했는지 보관함에서 확인해 주세요.',
  },
  storage: {
    title: '이 브라우저에 저장할 수 없어요.',
    next: '비공개 창이 아닌지, 남은 저장 공간이 있는지 확인해 주세요.',
  },
  unexpected: {
    title: '예상하지 못한 문제가 생겼어요.',
    next: '다시 해 보고, 그래도 안 되면 페이지를 새로 열어 주세요.',
  },
}

/** 확인하는 곳이 받아들이지 않은 이유. */
export const refusalsKo: Record<string, FailureText> = {
  invalid_signature: {
    title: '카드의 서명이 확인되지 않았어요.',
    next: '카드를 발급 기관에서 다시 받아 주세요.',
  },
  untrusted_certificate: {
    title: '카드를 발급한 기관이 확인되지 않았어요.',
    next: '카드를 발급 기관에서 다시 받아 주세요.',
  },
  issuer_not_accredited: {
    title: '이 카드를 발급할 수 없는 기관이에요.',
    next: '발급 기관에 문의해 주세요.',
  },
  issuer_suspended: { title: '발급 기관의 자격이 멈춰 있어요.', next: '발급 기관에 문의해 주세요.' },
  nonce_mismatch: { title: '요청과 답이 서로 맞지 않아요.', next: '새 QR 코드로 다시 제출해 주세요.' },
  audience_mismatch: { title: '다른 곳에 낸 답이라고 해요.', next: '새 QR 코드로 다시 제출해 주세요.' },
  holder_binding_invalid: {
    title: '이 기기의 카드인지 확인되지 않았어요.',
    next: '새 QR 코드로 다시 제출하고, 그래도 안 되면 카드를 다시 받아 주세요.',
  },
  credential_expired: {
    title: '카드의 유효 기간이 지났어요.',
    next: '발급 기관에서 카드를 다시 받아 주세요.',
  },
  credential_not_yet_valid: {
    title: '아직 쓸 수 없는 카드예요.',
    next: '유효 기간이 시작된 뒤 다시 제출해 주세요.',
  },
  credential_revoked: {
    title: '발급 기관이 이 카드를 취소했어요.',
    next: '발급 기관에 이유를 물어보고, 필요하면 다시 받아 주세요.',
  },
  credential_suspended: {
    title: '발급 기관이 이 카드의 사용을 잠시 멈췄어요.',
    next: '발급 기관에 문의해 주세요.',
  },
  status_unavailable: {
    title: '카드가 지금 유효한지 확인할 수 없었대요.',
    next: '잠시 뒤 새 QR 코드로 다시 제출해 주세요.',
  },
  anchor_missing: {
    title: '카드의 발급 기록이 아직 확인되지 않았어요.',
    next: '인터넷에 연결한 채로 잠시 기다렸다가 새 QR 코드로 다시 제출해 주세요.',
  },
  anchor_invalid: {
    title: '카드의 발급 기록이 맞지 않아요.',
    next: '카드를 발급 기관에서 다시 받아 주세요.',
  },
  anchor_unknown_root: {
    title: '카드의 발급 기록을 아직 찾을 수 없대요.',
    next: '잠시 뒤 새 QR 코드로 다시 제출해 주세요.',
  },
  missing_disclosure: {
    title: '필요한 내용이 빠졌다고 해요.',
    next: '확인하는 곳에 무엇이 필요한지 물어봐 주세요.',
  },
  claim_mismatch: {
    title: '조건에 맞지 않는다고 해요.',
    next: '확인하는 곳에 어떤 조건이 필요한지 물어봐 주세요.',
  },
  tampered_disclosure: {
    title: '내용이 발급된 것과 다르다고 해요.',
    next: '카드를 발급 기관에서 다시 받아 주세요.',
  },
  wrong_type: {
    title: '다른 종류의 카드가 필요하대요.',
    next: '확인하는 곳에 어떤 카드가 필요한지 물어봐 주세요.',
  },
  already_answered: {
    title: '이미 답한 요청이에요.',
    next: '다시 제출하려면 확인하는 곳에 새 QR 코드를 보여 달라고 해 주세요.',
  },
  request_expired: {
    title: '제출할 수 있는 시간이 지났어요.',
    next: '확인하는 곳에 새 QR 코드를 보여 달라고 해 주세요.',
  },
  asked_elsewhere: {
    title: '이 휴대전화에서 시작한 요청인지 확인되지 않았어요.',
    next: '이 휴대전화의 포인트 화면에서 다시 시작해 주세요.',
  },
  malformed_response: {
    title: '답을 읽을 수 없었대요.',
    next: '새 QR 코드로 다시 제출해 주세요.',
  },
  unknown: {
    title: '이유는 알려 주지 않았어요.',
    next: '확인하는 곳의 직원에게 물어봐 주세요.',
  },
}
