import { readFileSync } from 'node:fs'

/** The scripts that a page asks for before it shows anything: what its HTML names. */
function firstLoad(app) {
  const html = readFileSync(new URL(`apps/${app}/dist/index.html`, import.meta.url), 'utf8')
  return [...html.matchAll(/(?:src|href)="\/(?:wallet|console)\/(assets\/[^"]+\.js)"/g)].map(
    ([, file]) => `apps/${app}/dist/${file}`,
  )
}

export default ['wallet', 'console'].map((app) => ({
  name: `${app}, first load`,
  path: firstLoad(app),
  // The bar is 250 kB; what is not used must not creep in unseen.
  limit: '120 kB',
  gzip: true,
}))
