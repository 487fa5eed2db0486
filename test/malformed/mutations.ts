import * as fc from 'fast-check'

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json }
export type JsonObject = { [name: string]: Json }
/** Form fields in their order; a name may stand there twice. */
export type Form = [name: string, value: string][]

/** One fault in an otherwise good message, and in words what it is. */
export type Faulty<Message> = { what: string; message: Message }

const HUGE = 'x'.repeat(300_000)
const ODD_STRINGS = [
  '',
  ' ',
  '\u0000',
  'null',
  '-1',
  '../../etc/passwd',
  '인천 시민증',
  '"}\r\nX-Evil: 1',
  "'; DROP TABLE --",
]
/** What stands in the place of a value: each JSON type, nothing, too much, and texts of other languages and purposes. */
const WRONG: Json[] = [
  null,
  true,
  0,
  -1,
  1e308,
  4_294_967_296,
  HUGE,
  [],
  {},
  [null],
  { a: { b: [] } },
  [[[[]]]],
  ...ODD_STRINGS,
]

type Place = (string | number)[]

/** Every member of a JSON value, at any depth. */
function placesIn(value: Json, at: Place = []): Place[] {
  const members: [string | number, Json][] = Array.isArray(value)
    ? value.map((item, index) => [index, item])
    : value !== null && typeof value === 'object'
      ? Object.entries(value)
      : []
  return members.flatMap(([name, member]) => [[...at, name], ...placesIn(member, [...at, name])])
}

/** A copy in which `change` has replaced (or, with `undefined`, removed) what stands at the place. */
function changedAt(value: Json, [name, ...rest]: Place, change: (old: Json) => Json | undefined): Json {
  if (name === undefined) return change(value) ?? null
  if (value === null || typeof value !== 'object') return value
  const old = (value as Record<string | number, Json>)[name] ?? null
  const next = rest.length === 0 ? change(old) : changedAt(old, rest, change)
  if (Array.isArray(value))
    return value.flatMap((item, index) => (index === name ? (next === undefined ? [] : [next]) : [item]))
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]) =>
      key === name ? (next === undefined ? [] : [[key, next]]) : [[key, item]],
    ),
  )
}

/** A JSON message with one member missing, of another type, too large, or with others that nobody knows. */
export function faultyJson<Message extends Json>(message: Message): fc.Arbitrary<Faulty<Message>> {
  const places = placesIn(message)
  if (places.length === 0) throw new TypeError('there is nothing to spoil')
  const place = fc.constantFrom(...places)
  const named = (where: Place) => where.join('.')
  return fc.oneof(
    place.map((where) => ({
      what: `${named(where)} missing`,
      message: changedAt(message, where, () => undefined) as Message,
    })),
    fc.tuple(place, fc.constantFrom(...WRONG)).map(([where, wrong]) => ({
      what: `${named(where)} = ${JSON.stringify(wrong).slice(0, 40)}`,
      message: changedAt(message, where, () => wrong) as Message,
    })),
    place.map((where) => ({
      what: `${named(where)} in a list`,
      message: changedAt(message, where, (old) => [old, old]) as Message,
    })),
    fc.tuple(place, fc.string({ unit: 'binary', maxLength: 60 })).map(([where, text]) => ({
      what: `${named(where)} = ${JSON.stringify(text)}`,
      message: changedAt(message, where, () => text) as Message,
    })),
    fc
      .dictionary(fc.string({ maxLength: 20 }), fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>, {
        maxKeys: 5,
      })
      .map((more) => ({
        what: `and also ${Object.keys(more).join(', ')}`,
        message: { ...(more as JsonObject), ...(message as JsonObject) } as Message,
      })),
  )
}

/** The text of a JSON message in which a member stands twice, or that is no JSON any more. */
export function faultyJsonText(message: JsonObject): fc.Arbitrary<Faulty<string>> {
  const text = JSON.stringify(message)
  const [first] = Object.keys(message)
  const twice = `{${JSON.stringify(first)}:null,${text.slice(1)}`
  return fc.oneof(
    fc.constant({ what: `${first} twice`, message: twice }),
    fc
      .nat(text.length - 1)
      .map((length) => ({ what: `cut after ${length}`, message: text.slice(0, length) })),
    fc
      .tuple(fc.nat(text.length - 1), fc.string({ unit: 'binary', minLength: 1, maxLength: 3 }))
      .map(([at, noise]) => ({
        what: `noise at ${at}`,
        message: `${text.slice(0, at)}${noise}${text.slice(at)}`,
      })),
    fc
      .constantFrom('', '[]', 'null', '""', '0', '{}', '[[', `[${'['.repeat(20_000)}`, `{"a":"${HUGE}"}`)
      .map((body) => ({
        what: `the body ${body.slice(0, 20)}`,
        message: body,
      })),
  )
}

/** Form fields with one missing, twice, empty, too large, odd, in another order, or with others that nobody knows. */
export function faultyForm(form: Form): fc.Arbitrary<Faulty<Form>> {
  const index = fc.nat(form.length - 1)
  const named = (at: number) => form[at]?.[0] ?? ''
  const put = (at: number, value: string): Form =>
    form.map((field, i) => (i === at ? [field[0], value] : field))
  return fc.oneof(
    index.map((at) => ({ what: `${named(at)} missing`, message: form.filter((_, i) => i !== at) })),
    index.map((at) => ({ what: `${named(at)} twice`, message: [...form, ...form.slice(at, at + 1)] })),
    fc.tuple(index, fc.constantFrom(HUGE, ...ODD_STRINGS, '[]', '{"a":1}')).map(([at, value]) => ({
      what: `${named(at)} = ${JSON.stringify(value).slice(0, 40)}`,
      message: put(at, value),
    })),
    fc.tuple(index, fc.string({ unit: 'binary', maxLength: 40 })).map(([at, value]) => ({
      what: `${named(at)} = ${JSON.stringify(value)}`,
      message: put(at, value),
    })),
    fc
      .shuffledSubarray(form, { minLength: form.length })
      .map((message) => ({ what: 'another order', message })),
    fc
      .array(fc.tuple(fc.string({ maxLength: 20 }), fc.string({ maxLength: 20 })), { maxLength: 5 })
      .map((more) => ({
        what: `and also ${more.map(([name]) => name).join(', ')}`,
        message: [...form, ...more],
      })),
  )
}

/** A compact JWS that is none any more: cut, with a byte changed, with parts missing or added. */
export function faultyCompact(compact: string): fc.Arbitrary<Faulty<string>> {
  const parts = compact.split('.')
  return fc.oneof(
    fc.nat(compact.length - 1).map((at) => ({ what: `cut at ${at}`, message: compact.slice(0, at) })),
    fc
      .tuple(fc.nat(compact.length - 1), fc.constantFrom('A', '-', '.', '=', '+', ' ', 'é'))
      .map(([at, other]) => ({
        what: `${other} at ${at}`,
        message: `${compact.slice(0, at)}${other}${compact.slice(at + 1)}`,
      })),
    fc
      .shuffledSubarray(parts, { minLength: 0 })
      .map((some) => ({ what: 'parts lost or in another order', message: some.join('.') })),
    fc
      .constantFrom(...ODD_STRINGS, '..', 'a.b.c', 'e30.e30.', `${compact},${compact}`, `${compact}.x`)
      .map((message) => ({
        what: JSON.stringify(message.slice(0, 30)),
        message,
      })),
  )
}

/** A compact JWE that was spoilt on its way, or with any member of its header spoilt. */
export function faultyJwe(jwe: string): fc.Arbitrary<Faulty<string>> {
  const [header = '', ...rest] = jwe.split('.')
  const said = JSON.parse(Buffer.from(header, 'base64url').toString()) as JsonObject
  const made = (other: JsonObject) =>
    [Buffer.from(JSON.stringify(other)).toString('base64url'), ...rest].join('.')
  return fc.oneof(
    faultyCompact(jwe),
    faultyJson(said).map(({ what, message }) => ({ what: `header ${what}`, message: made(message) })),
  )
}
