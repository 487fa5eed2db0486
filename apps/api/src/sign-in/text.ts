import type { Locale, SignInErrorCode } from './types.ts'

/** What a page can say went wrong: the sign-in, or what came after it. */
export type ProblemPageCode =
  | SignInErrorCode
  | 'expired'
  | 'invalid_request'
  | 'issuer_suspended'
  | 'not_entitled'
  | 'other_person'
  | 'too_many_requests'
  | 'unavailable'

type ConsentWords = Record<
  | 'title'
  | 'lead'
  | 'office'
  | 'wallet'
  | 'keep'
  | 'stop'
  | 'ifStopped'
  | 'unknownWallet'
  | 'unknownWalletNext',
  string
>
type ProblemWords = Record<ProblemPageCode, { title: string; what: string; next: string }>

export const CONSENT_WORDS: Record<Locale, ConsentWords> = {
  ko: {
    title: '지갑에 담을까요?',
    lead: '본인 확인을 마쳤어요. 무엇을 어디에 담는지 확인해 주세요.',
    office: '발급 기관',
    wallet: '담을 지갑',
    keep: '담기',
    stop: '그만두기',
    ifStopped: '그만두면 아무것도 발급되지 않아요.',
    unknownWallet: '이름이 확인되지 않은 지갑이에요.',
    unknownWalletNext: '위에 적힌 주소가 내가 쓰는 지갑이 맞을 때만 담아 주세요. 모르는 주소라면 그만두세요.',
  },
  en: {
    title: 'Add this to your wallet?',
    lead: 'You are signed in. Check what will be added, and where.',
    office: 'Issued by',
    wallet: 'Wallet',
    keep: 'Add',
    stop: 'Stop',
    ifStopped: 'If you stop, nothing is issued.',
    unknownWallet: 'We could not confirm the name of this wallet.',
    unknownWalletNext:
      'Go on only if the address above belongs to the wallet you use. If you do not know it, stop.',
  },
}

export const PROBLEM_WORDS: Record<Locale, ProblemWords> = {
  ko: {
    sign_in_unavailable: {
      title: '지금은 본인 확인을 할 수 없어요',
      what: '본인 확인 서비스가 응답하지 않아요. 아무것도 발급되거나 전달되지 않았어요.',
      next: '잠시 뒤에 다시 해 주세요.',
    },
    sign_in_failed: {
      title: '본인 확인을 마치지 못했어요',
      what: '확인 결과가 이 신청과 맞지 않아 멈췄어요. 아무것도 발급되거나 전달되지 않았어요.',
      next: '지갑에서 처음부터 다시 해 주세요.',
    },
    sign_in_cancelled: {
      title: '본인 확인을 그만뒀어요',
      what: '아무것도 발급되거나 전달되지 않았어요.',
      next: '필요할 때 지갑에서 다시 시작할 수 있어요.',
    },
    not_in_register: {
      title: '등록된 분을 찾지 못했어요',
      what: '본인 확인은 됐지만, 발급 기관의 등록 자료에 없는 분이에요. 아무것도 발급되지 않았어요.',
      next: '최근에 이사했다면 며칠 뒤에 다시 해 보거나, 가까운 주민센터에 문의해 주세요.',
    },
    expired: {
      title: '시간이 지나서 멈췄어요',
      what: '신청을 시작한 지 오래됐어요. 아무것도 발급되거나 전달되지 않았어요.',
      next: '지갑에서 처음부터 다시 해 주세요.',
    },
    other_person: {
      title: '다른 분께 드린 안내예요',
      what: '본인 확인을 한 분과 이 안내를 받을 분이 달라요. 아무것도 발급되거나 전달되지 않았어요.',
      next: '안내를 받은 분이 직접 본인 확인을 해 주세요.',
    },
    not_entitled: {
      title: '지금은 발급받을 수 없어요',
      what: '발급 기관의 자료를 보면 받을 수 있는 조건에 맞지 않아요. 아무것도 발급되지 않았어요.',
      next: '자료가 실제와 다르다면 발급 기관에 문의해 주세요.',
    },
    issuer_suspended: {
      title: '이 기관은 지금 발급할 수 없어요',
      what: '발급 기관의 발급이 잠시 멈춰 있어요. 아무것도 발급되거나 전달되지 않았어요.',
      next: '나중에 다시 해 보거나 발급 기관에 문의해 주세요.',
    },
    invalid_request: {
      title: '쓸 수 없는 주소예요',
      what: '주소가 잘못됐거나 이미 쓴 주소예요. 아무것도 발급되거나 전달되지 않았어요.',
      next: '지갑에서 처음부터 다시 해 주세요.',
    },
    too_many_requests: {
      title: '신청이 너무 많아요',
      what: '짧은 동안에 너무 여러 번 신청했어요. 이번에는 아무것도 발급되지 않았어요.',
      next: '내일 다시 해 주세요.',
    },
    unavailable: {
      title: '지금은 이어 갈 수 없어요',
      what: '저희 쪽에 문제가 생겼어요. 아무것도 발급되거나 전달되지 않았어요.',
      next: '잠시 뒤에 지갑에서 다시 해 주세요.',
    },
  },
  en: {
    sign_in_unavailable: {
      title: 'You cannot sign in right now',
      what: 'The sign-in service does not answer. Nothing was issued or shared.',
      next: 'Try again in a little while.',
    },
    sign_in_failed: {
      title: 'The sign-in could not be completed',
      what: 'What came back does not belong to this request, so we stopped. Nothing was issued or shared.',
      next: 'Start again in your wallet.',
    },
    sign_in_cancelled: {
      title: 'You stopped the sign-in',
      what: 'Nothing was issued or shared.',
      next: 'You can start again in your wallet whenever you need to.',
    },
    not_in_register: {
      title: 'We could not find you in the register',
      what: 'You are signed in, but the office that issues this has no record of you. Nothing was issued.',
      next: 'If you moved recently, try again in a few days, or ask at your community centre.',
    },
    expired: {
      title: 'This took too long',
      what: 'It has been a while since you started. Nothing was issued or shared.',
      next: 'Start again in your wallet.',
    },
    other_person: {
      title: 'This invitation is for somebody else',
      what: 'The person who signed in is not the person it was made for. Nothing was issued or shared.',
      next: 'The person who received it has to sign in themselves.',
    },
    not_entitled: {
      title: 'This cannot be issued to you now',
      what: 'By the records of the office, the conditions are not met. Nothing was issued.',
      next: 'If the records are wrong, ask the office that issues it.',
    },
    issuer_suspended: {
      title: 'This office cannot issue at the moment',
      what: 'Issuing is on hold at this office. Nothing was issued or shared.',
      next: 'Try again later, or ask the office.',
    },
    invalid_request: {
      title: 'This link cannot be used',
      what: 'The link is wrong, or it was used already. Nothing was issued or shared.',
      next: 'Start again in your wallet.',
    },
    too_many_requests: {
      title: 'Too many requests',
      what: 'This was asked for too many times in a short while. Nothing was issued this time.',
      next: 'Try again tomorrow.',
    },
    unavailable: {
      title: 'We cannot go on right now',
      what: 'Something is wrong on our side. Nothing was issued or shared.',
      next: 'Start again in your wallet in a little while.',
    },
  },
}

export const WAYS_ON: Record<Locale, { back: string; retry: string; openWallet: string }> = {
  ko: {
    back: '지갑으로 돌아가기',
    retry: '다시 본인 확인하기',
    openWallet: '이 화면을 닫고 지갑을 다시 열어 주세요.',
  },
  en: {
    back: 'Back to the wallet',
    retry: 'Sign in again',
    openWallet: 'Close this page and open your wallet again.',
  },
}
