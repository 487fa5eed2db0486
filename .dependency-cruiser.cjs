/** The house's import rules: see ARCHITECTURE.md. */
const packages = {
  credentials: [],
  anchoring: [],
  chain: [],
  holder: ['credentials', 'anchoring'],
  database: [],
  relay: ['anchoring', 'chain', 'database'],
  agent: ['credentials', 'chain', 'database'],
  ui: [],
}
const BROWSER = '^(packages/(credentials|anchoring|chain|holder|ui)|apps/(wallet|console))/src'
const TESTS = '\\.test\\.tsx?$|/testing/'
const NODE_ENTRIES = '^packages/chain/src/anvil\\.ts$'

module.exports = {
  forbidden: [
    ...Object.entries(packages).map(([name, allowed]) => ({
      name: `packages-${name}`,
      comment: `packages/${name} may import ${allowed.length ? allowed.join(', ') : 'no other package'}: imports point one way, so that each package can be understood and tested without what is built on it.`,
      severity: 'error',
      from: { path: `^packages/${name}/src`, pathNot: TESTS },
      to: { path: '^(packages|apps|scripts|test)/', pathNot: `^packages/(${[name, ...allowed].join('|')})/` },
    })),
    {
      name: 'no-app-to-app',
      comment: 'Apps talk to each other over HTTP alone: what two of them need belongs in a package.',
      severity: 'error',
      from: { path: '^apps/([^/]+)/', pathNot: TESTS },
      to: { path: '^(apps|scripts|test)/', pathNot: '^apps/$1/' },
    },
    {
      name: 'no-node-in-the-browser',
      comment:
        'This package also runs in the browser: take clock, randomness, fetch and storage as parameters instead.',
      severity: 'error',
      from: { path: BROWSER, pathNot: `${TESTS}|${NODE_ENTRIES}` },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'no-circular',
      comment: 'A circle cannot be read top to bottom: move what both need into a file of its own.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'routes-go-through-the-service',
      comment: 'routes.ts is HTTP in and out; the rules live in service.ts, which talks to the packages.',
      severity: 'error',
      from: { path: '^apps/api/src/[^/]+/routes\\.ts$' },
      to: { path: '^packages/(database|relay|agent|chain)/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'declared-dependencies-only',
      comment: 'Add it to the package.json of the package that imports it.',
      severity: 'error',
      from: { path: '^(packages|apps)/', pathNot: TESTS },
      to: {
        pathNot: '^(packages|apps)/|^virtual:|^vite',
        dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'unknown', 'undetermined'],
      },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules|packages/database/src/generated' },
    exclude: { path: 'packages/database/src/generated|/dist/' },
    tsPreCompilationDeps: true,
    combinedDependencies: false,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
      mainFields: ['module', 'main'],
    },
  },
}
