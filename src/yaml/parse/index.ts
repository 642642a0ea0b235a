export { type ParsedYaml, parseYaml, parseYamlDocuments } from './parse.ts'
