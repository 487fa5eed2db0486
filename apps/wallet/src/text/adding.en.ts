import type { addingKo } from './adding.ko.ts'

export const addingEn: typeof addingKo = {
  list: {
    title: 'Add a card',
    lead: 'Choose a card. Once you have signed in, its office sends it to you.',
    loading: 'Looking for cards you can receive…',
    cards: 'Cards you can receive',
    held: 'You have it',
    waiting: 'The office is looking at it',
    approved: 'Comes once the office has approved it',
    none: 'There is no card to receive here at the moment.',
    noneNext: 'With a QR code from an issuing office you can still receive one.',
    byCode: 'Do you have a QR code from an office?',
  },
  signIn: {
    reading: 'Reading what the office offers…',
    accept: 'Sign in and receive',
    apply: 'Sign in and apply',
    hint: 'You go to the sign-in page, and come back here when you are done.',
    approved: 'The office looks at each application.',
    approvedNext: 'Once it is approved the card comes by itself. This can take some days.',
    leaving: 'Going to the sign-in page…',
    leavingHint: 'Just a moment.',
  },
  held: {
    title: 'You have this card already',
    lead: 'You can go on using it. Receiving it again gives you a second one.',
    look: 'See the card',
    another: 'Receive another one',
  },
  waiting: {
    title: 'You have applied for this card',
    lead: 'The office is looking at it. There is no need to apply again.',
  },
  back: {
    title: 'Receive a card',
    finishing: 'Checking the sign-in and receiving the card…',
    finishingHint: 'This takes a few seconds. If the window closes, you can go on from your cards.',
    resumes: 'It goes on as soon as you are online again.',
    anew: 'Start again at “Add a card”',
  },
  applied: {
    title: 'You have applied',
    lead: 'Once the office has approved it, the card comes to your cards.',
    hint: 'You may close this page. While your cards are open, we tell you when it has come.',
  },
}
