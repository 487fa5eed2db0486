import { z } from 'zod'

const UNSEEN = 'has a character that cannot be seen'

/**
 * A name or a place, without spaces around it: one line that reads as it is stored. Signs that turn the direction of
 * writing could show a citizen who is about to pay another name than the one that the city has approved.
 */
export const line = (most: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(most)
    .regex(/^[^\p{Cc}\p{Bidi_Control}]*$/u, UNSEEN)

/** A reason or a description: the same, with line breaks. */
export const prose = (most: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(most)
    .regex(/^(?:[\t\r\n]|[^\p{Cc}\p{Bidi_Control}])*$/u, UNSEEN)
