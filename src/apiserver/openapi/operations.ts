/** The operations of a group and version, from which the paths of both OpenAPI dialects are written. */
import { allKinds, apiVersionOf, type KindSchema, type TypeName } from '../../apimachinery/index.ts'
import { capital, groupToken, tagOf } from './names.ts'
import {
  connectParameters,
  deleteCollectionParameters,
  deleteParameters,
  listParameters,
  nameParameter,
  namespaceParameter,
  type Parameter,
  patchParameters,
  pretty,
  writeParameters,
} from './parameters.ts'

export type Method = 'get' | 'put' | 'post' | 'delete' | 'patch'

export type Operation = {
  readonly method: Method
  readonly id: string
  readonly tag: string
  readonly description: string
  /** As `x-kubernetes-action`; absent for documents about the API itself. */
  readonly action?: string
  readonly gvk?: { readonly group: string; readonly kind: string; readonly version: string }
  readonly parameters: readonly Parameter[]
  /** The type of the body; `patch` for all forms of patches. */
  readonly body?: TypeName | 'patch'
  readonly bodyRequired?: boolean
  /** The type of the answer; a text when absent. */
  readonly answer?: TypeName
  readonly codes: readonly ('200' | '201' | '202')[]
  /** Whether the answer may be a stream of changes. */
  readonly streams?: boolean
}

export type Path = {
  readonly path: string
  readonly parameters: readonly Parameter[]
  readonly operations: readonly Operation[]
}

const rootOf = (group: string, version: string): string =>
  group === '' ? `/api/${version}` : `/apis/${apiVersionOf(group, version)}`

/** `ReplaceBatchV1NamespacedJobStatus` without its verb: what all names of operations on a resource share. */
function idOf(verb: string, { group, version, kind, namespaced, resource }: KindSchema, middle = '', end = ''): string {
  const subresource = resource.split('/')[1]
  const scope = namespaced ? 'Namespaced' : ''
  const owner =
    subresource === undefined
      ? kind
      : (allKinds.find((each) => each.group === group && each.resource === resource.split('/')[0])?.kind ?? kind)
  return `${verb}${groupToken(group)}${capital(version)}${middle}${scope}${owner}${subresource === undefined ? '' : capital(subresource)}${end}`
}

type Rule = Pick<Operation, 'method' | 'description' | 'parameters' | 'codes'> &
  Partial<Pick<Operation, 'body' | 'bodyRequired' | 'answer' | 'streams'>> & {
    readonly verb: string
    readonly action: string
    readonly middle?: string
  }

/** Leaves out what is undefined. */
const given = <Value extends object>(value: Value): Value =>
  Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as Value

function operation(kind: KindSchema, { verb, middle, ...rule }: Rule): Operation {
  const { group, version, bodyGroup = group, bodyVersion = version } = kind
  return given({
    ...rule,
    id: idOf(verb, kind, middle),
    tag: tagOf(group, version),
    gvk: { group: bodyGroup, kind: kind.kind, version: bodyVersion },
  })
}

function collectionOperations(kind: KindSchema): readonly Operation[] {
  const has = (verb: string): boolean => kind.verbs.includes(verb)
  const rules: (Rule | undefined)[] = [
    has('list')
      ? {
          method: 'get',
          verb: 'list',
          action: 'list',
          description: `List or watch objects of kind ${kind.kind}.`,
          parameters: listParameters,
          answer: kind.listType,
          codes: ['200'],
          streams: true,
        }
      : undefined,
    has('create')
      ? {
          method: 'post',
          verb: 'create',
          action: 'post',
          description: `Create a ${kind.kind}.`,
          parameters: writeParameters,
          body: kind.type,
          bodyRequired: true,
          answer: kind.type,
          codes: ['200', '201', '202'],
        }
      : undefined,
    has('deletecollection')
      ? {
          method: 'delete',
          verb: 'delete',
          action: 'deletecollection',
          middle: 'Collection',
          description: `Delete all objects of kind ${kind.kind} that fit.`,
          parameters: deleteCollectionParameters,
          body: 'meta.v1.DeleteOptions',
          answer: 'meta.v1.Status',
          codes: ['200'],
        }
      : undefined,
  ].map((rule) => rule && (given(rule) as Rule))
  return rules.flatMap((rule) => (rule === undefined ? [] : [operation(kind, rule)]))
}

/** The operations on one object or subresource of it. */
function itemOperations(kind: KindSchema): readonly Operation[] {
  const [, subresource] = kind.resource.split('/')
  const what = subresource === undefined ? `the ${kind.kind}` : `${subresource} of the ${kind.kind}`
  const has = (verb: string): boolean => kind.verbs.includes(verb)
  const { type } = kind
  const connect = connectParameters[kind.resource]
  const rules: (Rule | undefined)[] = [
    has('get')
      ? {
          method: 'get',
          verb: 'read',
          action: 'get',
          description: `Read ${what}.`,
          parameters: connect ?? [],
          answer: connect === undefined ? type : undefined,
          codes: ['200'],
        }
      : undefined,
    has('update')
      ? {
          method: 'put',
          verb: 'replace',
          action: 'put',
          description: `Replace ${what}.`,
          parameters: writeParameters,
          body: type,
          bodyRequired: true,
          answer: type,
          codes: ['200', '201'],
        }
      : undefined,
    has('create') && subresource !== undefined
      ? {
          method: 'post',
          verb: 'create',
          action: 'post',
          description: `Create ${what}.`,
          parameters: writeParameters,
          body: type,
          bodyRequired: true,
          answer: type,
          codes: ['200', '201', '202'],
        }
      : undefined,
    has('delete')
      ? {
          method: 'delete',
          verb: 'delete',
          action: 'delete',
          description: `Delete ${what}.`,
          parameters: deleteParameters,
          body: 'meta.v1.DeleteOptions',
          answer: 'meta.v1.Status',
          codes: ['200', '202'],
        }
      : undefined,
    has('patch')
      ? {
          method: 'patch',
          verb: 'patch',
          action: 'patch',
          description: `Change parts of ${what}.`,
          parameters: patchParameters,
          body: 'patch',
          bodyRequired: true,
          answer: type,
          codes: ['200', '201'],
        }
      : undefined,
  ].map((rule) => rule && (given(rule) as Rule))
  return rules.flatMap((rule) => (rule === undefined ? [] : [operation(kind, rule)]))
}

/** A subresource that opens a connection: GET and POST mean the same. */
function connectOperations(kind: KindSchema): readonly Operation[] {
  const [, subresource = ''] = kind.resource.split('/')
  return (['get', 'post'] as const).map((method) =>
    operation(kind, {
      method,
      verb: 'connect',
      middle: capital(method),
      action: 'connect',
      description: `Connect to ${subresource} of the Pod.`,
      parameters: connectParameters[kind.resource] ?? [],
      codes: ['200'],
    }),
  )
}

const isConnector = ({ resource, type }: KindSchema): boolean => resource.includes('/') && type === undefined

function watchPaths(kind: KindSchema, root: string, place: string): readonly Path[] {
  if (!kind.verbs.includes('watch')) return []
  const make = (
    path: string,
    parameters: readonly Parameter[],
    action: string,
    end: string,
    everywhere = false,
  ): Path => ({
    path,
    parameters: [...listParameters.slice(0, 4), ...parameters, pretty, ...listParameters.slice(4)],
    operations: [
      {
        method: 'get',
        id: idOf('watch', everywhere ? { ...kind, namespaced: false } : kind, '', end),
        tag: tagOf(kind.group, kind.version),
        action,
        gvk: { group: kind.group, kind: kind.kind, version: kind.version },
        description: `Watch ${action === 'watch' ? `the ${kind.kind}` : `objects of kind ${kind.kind}`}; the parameter watch of the list does the same.`,
        parameters: [],
        answer: 'meta.v1.WatchEvent',
        codes: ['200'],
        streams: true,
      },
    ],
  })
  const scope = kind.namespaced ? [namespaceParameter] : []
  return [
    ...(kind.namespaced ? [make(`${root}/watch/${kind.resource}`, [], 'watchlist', 'ListForAllNamespaces', true)] : []),
    make(`${root}/watch${place}/${kind.resource}`, scope, 'watchlist', 'List'),
    make(`${root}/watch${place}/${kind.resource}/{name}`, [nameParameter(kind.kind), ...scope], 'watch', ''),
  ]
}

function resourcePaths(kind: KindSchema): readonly Path[] {
  const root = rootOf(kind.group, kind.version)
  const place = kind.namespaced ? '/namespaces/{namespace}' : ''
  const scope = kind.namespaced ? [namespaceParameter] : []
  const [resource = '', subresource] = kind.resource.split('/')
  const owner = allKinds.find((each) => each.group === kind.group && each.resource === resource)?.kind ?? kind.kind
  if (subresource !== undefined) {
    const operations = isConnector(kind) ? connectOperations(kind) : itemOperations(kind)
    return [
      {
        path: `${root}${place}/${resource}/{name}/${subresource}`,
        parameters: [nameParameter(owner), ...scope, pretty],
        operations,
      },
    ]
  }
  const collection = collectionOperations(kind)
  const list = collection.find(({ action }) => action === 'list')
  const item = itemOperations(kind)
  return [
    { path: `${root}${place}/${resource}`, parameters: [...scope, pretty], operations: collection },
    ...(kind.namespaced && list !== undefined
      ? [
          {
            path: `${root}/${resource}`,
            parameters: [pretty],
            operations: [{ ...list, id: idOf('list', { ...kind, namespaced: false }, '', 'ForAllNamespaces') }],
          },
        ]
      : []),
    ...(item.length === 0
      ? []
      : [
          {
            path: `${root}${place}/${resource}/{name}`,
            parameters: [nameParameter(owner), ...scope, pretty],
            operations: item,
          },
        ]),
    ...watchPaths(kind, root, place),
  ]
}

/** A document about the API itself. */
const aboutPath = (path: string, id: string, tag: string, description: string, answer?: TypeName): Path => ({
  path,
  parameters: [],
  operations: [given({ method: 'get', id, tag, description, parameters: [], answer, codes: ['200'] }) as Operation],
})

/** The paths of one group and version, in order of their texts. */
export function versionPaths(group: string, version: string): readonly Path[] {
  const kinds = allKinds.filter((kind) => kind.group === group && kind.version === version)
  const about = aboutPath(
    `${rootOf(group, version)}/`,
    `get${groupToken(group)}${capital(version)}APIResources`,
    tagOf(group, version),
    'List the resources.',
    'meta.v1.APIResourceList',
  )
  return [about, ...kinds.flatMap(resourcePaths)].toSorted((a, b) => (a.path < b.path ? -1 : 1))
}

/** The path of a document about the API: `api`, `apis`, `apis/batch`, `version`; undefined for others. */
export function aboutPaths(name: string): readonly Path[] | undefined {
  if (name === 'api')
    return [aboutPath('/api/', 'getCoreAPIVersions', 'core', 'List the versions.', 'meta.v1.APIVersions')]
  if (name === 'apis')
    return [aboutPath('/apis/', 'getAPIVersions', 'apis', 'List the groups.', 'meta.v1.APIGroupList')]
  if (name === 'version')
    return [aboutPath('/version/', 'getCodeVersion', 'version', 'Tell the version of the server.')]
  const group = /^apis\/([^/]+)$/.exec(name)?.[1]
  if (group === undefined || !allKinds.some((kind) => kind.group === group)) return undefined
  return [
    aboutPath(
      `/apis/${group}/`,
      `get${groupToken(group)}APIGroup`,
      tagOf(group),
      'Describe the group.',
      'meta.v1.APIGroup',
    ),
  ]
}
