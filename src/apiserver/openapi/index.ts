export { descriptionOf } from './descriptions.ts'
export { documentNames, openApiV2, openApiV3, type ServerInfo } from './documents.ts'
export { encodeGnostic } from './gnostic.ts'
export { schemaName } from './names.ts'
export {
  createOpenApi,
  type OpenApi,
  type OpenApiDocument,
  type OpenApiForm,
  openApiContentTypes,
  openApiForm,
} from './openapi.ts'
