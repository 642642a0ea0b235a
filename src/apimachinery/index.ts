export { typeOfKind } from './codec/kinds.ts'
export {
  decodeMessage,
  decodeWatchFrames,
  type Envelope,
  encodeMessage,
  encodeProtobuf,
  envelopeEnd,
  envelopeText,
  type ListFrame,
  listFrame,
  type ObjectKind,
  openEnvelope,
  type WatchEventType,
  type WatchFrame,
  watchFrameText,
} from './codec/protobuf.ts'
export {
  newWriter,
  numberTag,
  putBytes,
  putLength,
  putText,
  putVarint,
  size,
  sizedTag,
  type Writer,
  written,
} from './codec/writer.ts'
export { base64OfBytes, bytesOfBase64 } from './decode/base64.ts'
export {
  type Decoded,
  type DecodeError,
  decodeObject,
  decodeValue,
  type FieldValidation,
} from './decode/decoder.ts'
export { encodeJson } from './decode/encode.ts'
export { canonicalTime, type TimeKind } from './decode/go-time.ts'
export { duplicateMembers, type ExactJson, type ParsedJson, parseJson } from './decode/json.ts'
export { deepest } from './decode/json-syntax.ts'
export {
  causeOf,
  child,
  duplicate,
  type FieldError,
  fieldErrorText,
  forbiddenField,
  goEscaped,
  invalid,
  invalidFields,
  invalidOmitted,
  item,
  keyed,
  notFoundField,
  notSupported,
  quoted,
  required,
  shown,
  tooLong,
  tooMany,
  typeInvalid,
} from './field/errors.ts'
export {
  apiVersionOf,
  type GroupVersionKind,
  type GroupVersionResource,
  type KubeObject,
  qualified,
} from './meta/object.ts'
export {
  alreadyExists,
  applyConflict,
  badRequest,
  conflict,
  expired,
  forbidden,
  internalError,
  invalidStatus,
  isAlreadyExists,
  isConflict,
  isExpired,
  isNamespaceTerminating,
  isNotFound,
  methodNotAllowed,
  modified,
  notAcceptable,
  notFound,
  plainError,
  rejectedRequest,
  routeNotFound,
  StatusError,
  type Subject,
  serviceUnavailable,
  timeout,
  tooLarge,
  tooManyRequests,
  unauthorized,
  unsupportedMediaType,
} from './meta/status.ts'
export type * from './meta/types.gen.ts'
export { type ApplyRequest, serverSideApply } from './patch/apply.ts'
export { jsonPatchedText, mergePatchedText } from './patch/go-json.ts'
export { applyJsonPatch, type JsonPatch, readJsonPatch } from './patch/json.ts'
export { equalJson, goText, type JsonObject } from './patch/json-value.ts'
export { clearsManagedFields } from './patch/managed-fields.ts'
export { applyMergePatch } from './patch/merge.ts'
export { applyStrategicMergePatch } from './patch/strategic.ts'
export { type FieldWriter, ignoreManagedFieldsTimestamps, trackUpdate } from './patch/track-update.ts'
export {
  addQuantities,
  canonicalQuantity,
  compareQuantities,
  countQuantity,
  formatQuantity,
  parseQuantity,
  type Quantity,
  type QuantityFormat,
  quantityMilliValue,
  quantityValue,
  roundUpQuantity,
  subtractQuantities,
} from './quantity/quantity.ts'
export {
  allKinds,
  type FieldSchema,
  type KindSchema,
  ownKinds,
  presence,
  type Schema,
  schema,
  servedKinds,
  type TypeName,
  type TypeSchema,
} from './schema/schema.ts'
export {
  type FieldRequirement,
  type FieldRequirements,
  matchesFields,
  parseFieldSelector,
  printFieldSelector,
} from './selector/field-selector.ts'
export {
  formatLabelSelector,
  parseLabelSelector,
  printLabelSelector,
  requirementsOf,
  selectorMatches,
} from './selector/label-selector.ts'
export {
  everything,
  type LabelOperator,
  type LabelRequirement,
  type LabelRequirements,
  matchesLabels,
} from './selector/requirements.ts'
export { labelErrors, labelNameErrors, labelSelectorErrors } from './validation/labels.ts'
export {
  cIdentifierProblems,
  configMapKeyProblems,
  dns1035LabelProblems,
  dns1123LabelProblems,
  dns1123SubdomainProblems,
  domainPrefixedPathProblems,
  envVarNameProblems,
  httpHeaderNameProblems,
  labelValueProblems,
  pathSegmentNameProblems,
  pathSegmentPrefixProblems,
  patternProblem,
  percentProblems,
  portNameProblems,
  portNumberProblems,
  qualifiedNameProblems,
  rangeProblems,
  strictEnvVarNameProblems,
  tooManyCharacters,
  underscoredSubdomainProblems,
  unixIdProblems,
  wildcardSubdomainProblems,
} from './validation/names.ts'
