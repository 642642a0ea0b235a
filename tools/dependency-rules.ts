import type { ICruiseOptions, IForbiddenRuleType } from 'dependency-cruiser'

/** The dependency rules of docs/ARCHITECTURE.md, in a form that a tool can check. */
export const LAYERS: Readonly<Record<string, readonly string[]>> = {
  // folder        may import (besides itself)
  base: [],
  apimachinery: ['base'],
  cron: ['base'],
  yaml: ['base'],
  apis: ['base', 'apimachinery', 'cron'],
  controllers: ['base', 'apimachinery', 'apis', 'cron'],
  storage: ['base'],
  client: ['base', 'apimachinery', 'apis'],
  apiserver: ['base', 'apimachinery', 'apis', 'cron', 'yaml', 'client', 'storage/revision'],
  manager: ['base', 'apimachinery', 'apis', 'controllers', 'cron', 'client'],
  agent: ['base', 'apimachinery', 'apis', 'client'],
  simulator: ['base', 'apimachinery', 'apis', 'controllers', 'cron'],
  cli: ['base', 'apimachinery', 'apis', 'client', 'cron', 'yaml', 'simulator'],
}
const PURE = '^src/(base|apimachinery|apis|controllers|cron|simulator|storage/revision|agent/pod)/'
const TEST = '[.]test[.]ts$'

const layer = ([folder, allowed]: [string, readonly string[]]): IForbiddenRuleType => ({
  name: `layer-${folder}`,
  severity: 'error',
  comment: `src/${folder} may import only: ${allowed.join(', ') || 'nothing'}`,
  from: { path: `^src/${folder}/`, pathNot: TEST },
  to: { path: '^src/', pathNot: [folder, ...allowed].map((a) => `^src/${a}/`) },
})

const strangers = (folder: string, neutral: readonly string[]): IForbiddenRuleType => ({
  name: `${folder.replace('/', '-')}-are-strangers`,
  severity: 'error',
  from: { path: `^src/${folder}/([^/]+)/`, pathNot: TEST },
  to: {
    path: `^src/${folder}/([^/]+)/`,
    pathNot: [`^src/${folder}/$1/`, ...neutral.map((n) => `^src/${folder}/${n}/`)],
  },
})

export const forbidden: IForbiddenRuleType[] = [
  ...Object.entries(LAYERS).map(layer),
  { name: 'no-cycles', severity: 'error', comment: 'type-only cycles count too', from: {}, to: { circular: true } },
  {
    name: 'pure-is-pure',
    severity: 'error',
    comment: 'no node built-ins, no npm packages in pure folders',
    from: { path: PURE, pathNot: TEST },
    to: { dependencyTypes: ['core', 'npm', 'npm-dev', 'npm-peer', 'npm-optional', 'unknown', 'undetermined'] },
  },
  {
    name: 'through-the-front-door',
    severity: 'error',
    comment: 'a folder is entered through an index.ts',
    from: { path: '^src/([^/]+)/', pathNot: TEST },
    to: {
      path: '^src/([^/]+)/',
      pathNot: ['^src/$1/', '/index[.]ts$', '^src/apis/strategy[.]ts$', '^src/controllers/plan[.]ts$'],
    },
  },
  {
    name: 'front-door-is-for-others',
    severity: 'error',
    comment: 'a folder never imports its own index.ts',
    from: { path: '^src/([^/]+)/[^/]+[.]ts$' },
    to: { path: '^src/$1/index[.]ts$' },
  },
  strangers('controllers', []),
  strangers('storage', ['revision']),
  {
    name: 'drivers-only-from-main',
    severity: 'error',
    from: { path: '^src/', pathNot: ['^src/main/', '^src/storage/', TEST] },
    to: { path: '^src/storage/(sqlite|etcd|memory)/' },
  },
  {
    name: 'runtimes-are-strangers',
    severity: 'error',
    from: { path: '^src/agent/(process|docker|virtual)/', pathNot: TEST },
    to: { path: '^src/agent/(process|docker|virtual)/', pathNot: '^src/agent/$1/' },
  },
  {
    name: 'runtimes-only-from-main',
    severity: 'error',
    from: { path: '^src/', pathNot: ['^src/main/', '^src/agent/(process|docker|virtual)/', TEST] },
    to: { path: '^src/agent/(process|docker|virtual)/' },
  },
  {
    name: 'core-is-below-the-other-groups',
    severity: 'error',
    from: { path: '^src/apis/core/', pathNot: TEST },
    to: { path: '^src/apis/(batch|other)/' },
  },
  {
    name: 'main-is-the-root',
    severity: 'error',
    from: { path: '^src/', pathNot: ['^src/main/', TEST] },
    to: { path: '^src/main/' },
  },
  {
    name: 'child-process-has-one-home',
    severity: 'error',
    from: {
      path: '^src/',
      pathNot: [
        '^src/agent/(process|docker)/',
        '^src/agent/logs/punch-hole[.]ts$',
        '^src/agent/memory/memory-volumes[.]ts$',
        '^src/agent/spread-directory[.]ts$',
        '^src/main/programs[.]ts$',
        TEST,
      ],
    },
    to: { path: '^(node:)?child_process$' },
  },
  {
    name: 'sqlite-has-one-home',
    severity: 'error',
    from: { path: '^src/', pathNot: ['^src/storage/sqlite/', TEST] },
    to: { path: '^(node:)?sqlite$' },
  },
  {
    name: 'no-test-code-in-src',
    severity: 'error',
    from: { path: '^src/', pathNot: TEST },
    to: { path: ['^test/', TEST] },
  },
  {
    name: 'no-orphans',
    severity: 'error',
    from: { orphan: true, path: '^src/', pathNot: [TEST, '^src/main/', '[.]json$'] },
    to: {},
  },
]

export const options: ICruiseOptions = {
  tsPreCompilationDeps: true,
  tsConfig: { fileName: 'tsconfig.json' },
  doNotFollow: { path: 'node_modules' },
  enhancedResolveOptions: { extensions: ['.ts'], conditionNames: ['import', 'node', 'default'] },
}
