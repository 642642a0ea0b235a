/** Whole OpenAPI documents, as values. */
import { type KindSchema, schema, type TypeName } from '../../apimachinery/index.ts'
import { patchName, schemaName } from './names.ts'
import { aboutPaths, type Operation, type Path, versionPaths } from './operations.ts'
import type { Parameter } from './parameters.ts'
import { type Json, type JsonObject, reference, schemasOf, servedTypes } from './schemas.ts'

const mediaTypes = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf']
const streamTypes = ['application/json;stream=watch', 'application/vnd.kubernetes.protobuf;stream=watch']
const patchTypes = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
]
const meanings = { '200': 'OK', '201': 'Created', '202': 'Accepted' }

export type ServerInfo = {
  readonly title: string
  readonly version: string
}

const kubernetesExtensions = ({ action, gvk }: Operation): JsonObject => ({
  ...(action === undefined ? {} : { 'x-kubernetes-action': action }),
  ...(gvk === undefined ? {} : { 'x-kubernetes-group-version-kind': gvk }),
})

const bodyName = (body: TypeName | 'patch'): string => (body === 'patch' ? patchName : schemaName(body))
const producesOf = ({ answer, streams }: Operation): readonly string[] =>
  answer === undefined ? ['*/*'] : streams === true ? [...mediaTypes, ...streamTypes] : mediaTypes

function parameterV3({ name, in: place, type, description }: Parameter): JsonObject {
  return {
    name,
    in: place,
    description,
    ...(place === 'path' ? { required: true } : {}),
    schema: { type, uniqueItems: true },
  }
}

function operationV3(operation: Operation): JsonObject {
  const { body, answer, codes } = operation
  const answerSchema = answer === undefined ? { type: 'string' } : reference('v3', schemaName(answer))
  const content = Object.fromEntries(producesOf(operation).map((type) => [type, { schema: answerSchema }]))
  const bodyTypes = body === 'patch' ? patchTypes : ['*/*']
  return {
    tags: [operation.tag],
    description: operation.description,
    operationId: operation.id,
    ...(operation.parameters.length === 0 ? {} : { parameters: operation.parameters.map(parameterV3) }),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            content: Object.fromEntries(bodyTypes.map((type) => [type, { schema: reference('v3', bodyName(body)) }])),
            ...(operation.bodyRequired === true ? { required: true } : {}),
          },
        }),
    responses: {
      ...Object.fromEntries(codes.map((code) => [code, { description: meanings[code], content }])),
      '401': { description: 'Unauthorized' },
    },
    ...kubernetesExtensions(operation),
  }
}

const pathV3 = ({ operations, parameters }: Path): JsonObject => ({
  ...Object.fromEntries(operations.map((operation) => [operation.method, operationV3(operation)])),
  ...(parameters.length === 0 ? {} : { parameters: parameters.map(parameterV3) }),
})

function documentV3(
  info: ServerInfo,
  paths: readonly Path[],
  types: readonly TypeName[],
  served: readonly KindSchema[],
): JsonObject {
  const answers = paths.flatMap(({ operations }) => operations.flatMap(({ answer }) => answer ?? []))
  return {
    openapi: '3.0.0',
    info,
    paths: Object.fromEntries(paths.map((path) => [path.path, pathV3(path)])),
    components: {
      schemas: schemasOf('v3', [...types, ...answers], served),
      securitySchemes: { BearerToken: bearerToken },
    },
    security: [{ BearerToken: [] }],
  }
}

const bearerToken = { type: 'apiKey', description: 'Bearer and a token.', name: 'authorization', in: 'header' }

/** The names of all OpenAPI 3 documents: `api/v1`, `apis/batch/v1`, and those about the API itself. `served`: upstream's kinds when absent. */
export function documentNames(served: readonly KindSchema[] = schema.kinds): readonly string[] {
  const names = served.flatMap(({ group, version }) =>
    group === '' ? [`api/${version}`] : [`apis/${group}`, `apis/${group}/${version}`],
  )
  return [...new Set(['api', 'apis', 'version', ...names])].toSorted()
}

/** The OpenAPI 3 document of that name; undefined for a name that is not served. */
export function openApiV3(
  name: string,
  info: ServerInfo,
  served: readonly KindSchema[] = schema.kinds,
): JsonObject | undefined {
  if (!documentNames(served).includes(name)) return undefined
  const about = aboutPaths(name)
  if (about !== undefined) return documentV3(info, about, [], served)
  const match = /^(?:api|apis\/([^/]+))\/([^/]+)$/.exec(name)
  if (match === null) return undefined
  const [, group = '', version = ''] = match
  return documentV3(info, versionPaths(group, version), servedTypes(group, version), served)
}

function parameterV2({ name, in: place, type, description }: Parameter): JsonObject {
  return { name, in: place, description, type, uniqueItems: true, ...(place === 'path' ? { required: true } : {}) }
}

function operationV2(operation: Operation): JsonObject {
  const { body, answer, codes } = operation
  const bodyParameter: JsonObject[] =
    body === undefined
      ? []
      : [
          {
            name: 'body',
            in: 'body',
            ...(operation.bodyRequired === true ? { required: true } : {}),
            schema: reference('v2', bodyName(body)),
          },
        ]
  const answerSchema = answer === undefined ? { type: 'string' } : reference('v2', schemaName(answer))
  return {
    consumes: body === 'patch' ? patchTypes : ['*/*'],
    description: operation.description,
    operationId: operation.id,
    parameters: [...bodyParameter, ...operation.parameters.map(parameterV2)],
    produces: [...producesOf(operation)],
    responses: {
      ...Object.fromEntries(codes.map((code) => [code, { description: meanings[code], schema: answerSchema }])),
      '401': { description: 'Unauthorized' },
    },
    schemes: ['https'],
    tags: [operation.tag],
    ...kubernetesExtensions(operation),
  }
}

const pathV2 = ({ operations, parameters }: Path): JsonObject => ({
  ...Object.fromEntries(operations.map((operation) => [operation.method, operationV2(operation)])),
  ...(parameters.length === 0 ? {} : { parameters: parameters.map(parameterV2) }),
})

/** The one OpenAPI 2 document of everything that is served. */
export function openApiV2(info: ServerInfo, served: readonly KindSchema[] = schema.kinds): JsonObject {
  const versions = new Map(served.map(({ group, version }) => [`${group}/${version}`, { group, version }]))
  const about = documentNames(served).flatMap((name) => aboutPaths(name) ?? [])
  const ofVersions = [...versions.values()].flatMap(({ group, version }) => versionPaths(group, version))
  const paths = [...about, ...ofVersions].toSorted((a, b) => (a.path < b.path ? -1 : 1))
  const types = [...versions.values()].flatMap(({ group, version }) => servedTypes(group, version))
  const answers = about.flatMap(({ operations }) => operations.flatMap(({ answer }) => answer ?? []))
  return {
    swagger: '2.0',
    info,
    paths: Object.fromEntries(paths.map((path) => [path.path, pathV2(path)])),
    definitions: schemasOf('v2', [...types, ...answers], served),
    securityDefinitions: { BearerToken: bearerToken },
    security: [{ BearerToken: [] }] as readonly Json[],
  }
}
