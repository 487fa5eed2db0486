import type { Json } from './jose.ts'

export type Answer = { status: number; headers: Headers; body: Json; text: string }

export type Sent = {
  method?: string
  headers?: Record<string, string>
  form?: Record<string, string | undefined> | URLSearchParams
  json?: unknown
  text?: string
}

/** One request, no redirect followed. A body of JSON is read, any other stays text. */
export async function send(
  url: string,
  { method, headers = {}, form, json, text }: Sent = {},
): Promise<Answer> {
  const body = form ? formOf(form) : json === undefined ? text : JSON.stringify(json)
  const type = form
    ? 'application/x-www-form-urlencoded'
    : json === undefined
      ? undefined
      : 'application/json'
  const response = await fetch(url, {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers: { ...(type ? { 'content-type': type } : {}), ...headers },
    redirect: 'manual',
    ...(body === undefined ? {} : { body: body.toString() }),
  })
  const content = await response.text()
  const isJson = response.headers.get('content-type')?.includes('json') && content !== ''
  return {
    status: response.status,
    headers: response.headers,
    body: isJson ? JSON.parse(content) : content,
    text: content,
  }
}

function formOf(form: Record<string, string | undefined> | URLSearchParams): URLSearchParams {
  if (form instanceof URLSearchParams) return form
  const given = Object.entries(form).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return new URLSearchParams(given)
}
