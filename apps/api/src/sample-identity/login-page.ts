import { html } from '../sign-in/html.ts'
import { page } from '../sign-in/page.ts'
import type { Locale } from '../sign-in/types.ts'
import type { SamplePerson } from './people.ts'

export type LoginPage = {
  locale: Locale
  /** The provider's name. */
  name: string
  /** What was searched for; shown again. */
  query: string
  found: readonly SamplePerson[]
  /** Whether more were found than are shown. */
  more: boolean
  /** Confirmed without choosing anybody. */
  nobodyChosen: boolean
}

/** Picks somebody out of the sample. It says first that nothing of it is real. */
export function loginPage({ locale, name, query, found, more, nobodyChosen }: LoginPage): string {
  const words = WORDS[locale]
  const [only] = found.length === 1 ? found : []
  const choices = found.map(
    (person) => html`
<label class="ui-check">
<input type="radio" name="person" value="${person.number}" required${person === only && html` checked`}>
<span>${locale === 'ko' ? person.nameKo : person.nameEn}<span class="ui-hint">${words.born(person.birthDate)} · ${person.number}</span></span>
</label>`,
  )
  return page({
    locale,
    name,
    title: words.title,
    otherLanguageUrl: `?lang=${locale === 'ko' ? 'en' : 'ko'}`,
    body: html`
<div class="ui-notice ui-tone-warning">
<div class="ui-notice-body">
<p class="ui-notice-title">${words.sample}</p>
<p>${words.notReal}</p>
</div>
</div>
<form class="ui-stack" method="post">
<input type="hidden" name="lang" value="${locale}">
<div class="ui-field">
<label class="ui-label" for="query">${words.search}</label>
<span class="ui-hint" id="query-hint">${words.searchHint}</span>
<input class="ui-input" id="query" name="query" value="${query}" maxlength="50" autocomplete="off" aria-describedby="query-hint">
</div>
<button class="ui-button ui-button-secondary" name="act" value="search">${words.find}</button>
</form>
<form class="page-actions" method="post">
<input type="hidden" name="lang" value="${locale}">
${nobodyChosen && html`<p class="ui-error" role="alert">${words.chooseOne}</p>`}
${found.length === 0 && html`<p role="status">${words.nobody}</p>`}
${
  found.length > 0 &&
  html`<fieldset class="ui-radios">
<legend>${words.people}</legend>
${choices}
</fieldset>
${more && html`<p class="ui-hint">${words.more}</p>`}
<button class="ui-button ui-button-primary ui-button-wide" name="act" value="confirm">${words.confirm}</button>`
}
<button class="ui-button ui-button-secondary ui-button-wide" name="act" value="cancel" formnovalidate>${words.cancel}</button>
</form>`,
  })
}

/** Shown when nobody waits to sign in here: an old address, a lost cookie, a request that cannot be read. */
export function lostPage({ locale, name }: { locale: Locale; name: string }): string {
  const words = WORDS[locale]
  return page({
    locale,
    name,
    title: words.lost,
    body: html`<p>${words.lostNext}</p>`,
  })
}

const WORDS = {
  ko: {
    title: '누구로 본인 확인을 할까요?',
    sample: '연습용 본인 확인이에요',
    notReal: '실제 신분을 확인하지 않아요. 여기 있는 사람은 모두 지어낸 사람이에요.',
    search: '사람 찾기',
    searchHint: '이름의 앞부분이나 IC-0000042 같은 예시 번호',
    find: '찾기',
    people: '예시 사람',
    born: (date: string) => `${date} 출생`,
    nobody: '찾는 사람이 없어요. 이름이나 번호를 다시 확인해 주세요.',
    more: '더 있어요. 이름이나 번호로 찾아 보세요.',
    chooseOne: '한 사람을 골라 주세요.',
    confirm: '확인',
    cancel: '그만두기',
    lost: '진행 중인 본인 확인이 없어요',
    lostNext: '시간이 지났거나 잘못된 주소예요. 본인 확인을 시작한 곳에서 다시 해 주세요.',
  },
  en: {
    title: 'Who do you want to sign in as?',
    sample: 'This sign-in is for practice',
    notReal: 'It checks no real identity. Everybody here is made up.',
    search: 'Find a person',
    searchHint: 'The beginning of a name, or a sample number such as IC-0000042',
    find: 'Find',
    people: 'Sample people',
    born: (date: string) => `born ${date}`,
    nobody: 'Nobody was found. Check the name or the number.',
    more: 'There are more. Find them by name or number.',
    chooseOne: 'Choose a person.',
    confirm: 'Confirm',
    cancel: 'Stop',
    lost: 'No sign-in is under way',
    lostNext: 'It took too long, or the address is wrong. Start again where you began to sign in.',
  },
}
